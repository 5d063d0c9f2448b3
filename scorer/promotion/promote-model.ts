import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { requireStream } from '../../schema/apply-streams.ts'
import { toMessage } from '../../schema/events.ts'
import { PromotionReader, type IgnoredPromotion } from '../../schema/promotions.ts'
import { MODELS, POSTS, SCORES } from '../../schema/streams.ts'
import { OperationalError } from '../../schema/runtime/errors.ts'
import { DurablePublisher } from '../../schema/runtime/publish.ts'
import { readScoredModels, type ScoredModel } from './scored-models.ts'

export interface Promotion {
  readonly outcome: 'promoted' | 'would be promoted' | 'already shown'
  readonly model: ScoredModel
  /** The scoring model that was shown before; undefined if there was none. */
  readonly replaced: string | undefined
  /** The scores of the replaced model; undefined if it has none. */
  readonly before: ScoredModel | undefined
}

export interface ShownAndScored {
  readonly shown: string | undefined
  readonly models: readonly ScoredModel[]
  /** The newest message of MODELS, if it changes nothing. */
  readonly ignored: IgnoredPromotion | undefined
}

/** @throws OperationalError if the streams are missing */
export async function readScoringModels(connection: NatsConnection): Promise<ShownAndScored> {
  const jsm = await jetstreamManager(connection)
  for (const stream of [POSTS, SCORES, MODELS] as const) await requireStream(jsm, stream)
  const promotions = new PromotionReader()
  const [inEffect, models] = await Promise.all([promotions.read(jsm), readScoredModels(jsm)])
  return { shown: inEffect.at(-1)?.model, models, ignored: promotions.ignored }
}

/**
 * Makes a scoring model the shown one. Resolves once the log has stored the event.
 * @param dryRun only reports what would happen
 * @throws OperationalError when the scoring model has no scores; the message names those that have scores
 */
export async function promoteModel(connection: NatsConnection, name: string, dryRun: boolean): Promise<Promotion> {
  const { shown, models, ignored } = await readScoringModels(connection)
  const model = models.find((one) => one.model === name)
  if (model === undefined) throw new OperationalError(explainUnknown(name, models))
  // Promoting it again calls off a promotion that waits for the first score of its scoring model.
  if (name === shown && ignored === undefined)
    return { outcome: 'already shown', model, replaced: undefined, before: undefined }
  if (!dryRun) await publish(connection, name)
  const replaced = name === shown ? undefined : shown
  const before = models.find((one) => one.model === replaced)
  return { outcome: dryRun ? 'would be promoted' : 'promoted', model, replaced, before }
}

async function publish(connection: NatsConnection, model: string): Promise<void> {
  await new DurablePublisher(connection).publish([toMessage({ type: 'ModelPromoted', model })])
}

function explainUnknown(name: string, models: readonly ScoredModel[]): string {
  const known = models.map(({ model }) => model).join(', ')
  const others = known === '' ? 'No scoring model has any yet.' : `Those that have some: ${known}.`
  return `${name} has no scores, so nothing would be shown. ${others} Scores come from a scorer: MODEL_DIR=<folder of the model> npm run scorer`
}
