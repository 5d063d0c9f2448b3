import { JetStreamApiCodes, JetStreamApiError, type ConsumerInfo, type JetStreamManager } from '@nats-io/jetstream'
import { subjectPattern } from '../../schema/events.ts'
import { isAtWork, scorerConsumer } from '../../schema/scoring-models.ts'
import { POSTS, SCORES } from '../../schema/streams.ts'

/** A scoring model that has scores in the log. */
export interface ScoredModel {
  readonly model: string
  /** How many scores it has in the log. A post that was scored twice may have two, which is rare. */
  readonly scores: number
  /** How many events of POSTS its scorers have not taken yet; null if it never had a scorer here. */
  readonly behind: number | null
  /** Whether a scorer of it is running. */
  readonly isScoring: boolean
}

/** Lists the scoring models that have scores, the most scores first. The server counts, so no event is read. */
export async function readScoredModels(jsm: JetStreamManager): Promise<ScoredModel[]> {
  const { state } = await jsm.streams.info(SCORES, { subjects_filter: subjectPattern('PostScored') })
  const scores = new Map<string, number>()
  for (const [subject, messages] of Object.entries(state.subjects ?? {})) {
    const model = subject.split('.')[1]!
    scores.set(model, (scores.get(model) ?? 0) + messages)
  }
  const models = await Promise.all([...scores].map(([model, scores]) => toScoredModel(jsm, model, scores)))
  return models.sort((one, other) => other.scores - one.scores || one.model.localeCompare(other.model))
}

async function toScoredModel(jsm: JetStreamManager, model: string, scores: number): Promise<ScoredModel> {
  const consumer = await findConsumer(jsm, scorerConsumer(model))
  if (consumer === undefined) return { model, scores, behind: null, isScoring: false }
  return { model, scores, behind: consumer.num_pending + consumer.num_ack_pending, isScoring: isAtWork(consumer) }
}

async function findConsumer(jsm: JetStreamManager, name: string): Promise<ConsumerInfo | undefined> {
  try {
    return await jsm.consumers.info(POSTS, name)
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.ConsumerNotFound) return undefined
    throw error
  }
}
