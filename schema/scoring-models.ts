import type { ConsumerInfo, JetStreamManager } from '@nats-io/jetstream'
import { decodeValidEvent } from './decode-event.ts'
import { subjectPattern } from './events.ts'
import { MODELS, POSTS } from './streams.ts'

/** A scorer with much to do has no pull waiting most of the time, but takes something every moment. */
const ACTIVE_MS = 10_000
/** The durable consumer that all scorers of one scoring model share. */
export const scorerConsumer = (model: string): string => `scorer-${model}`

/** The names of scorers' consumers begin with it. */
export const SCORER_PREFIX = scorerConsumer('')

/** The model whose scores are shown, which the last ModelPromoted names; undefined before the first. */
export async function readShownModel(jsm: JetStreamManager): Promise<string | undefined> {
  const message = await jsm.streams.getMessage(MODELS, { last_by_subj: subjectPattern('ModelPromoted') })
  if (message === null) return undefined
  const event = decodeValidEvent(message.data, message.subject, message.time.getTime())
  return event?.type === 'ModelPromoted' ? event.model : undefined
}

/** The models that scorers are at work with now, by the consumers that they share. */
export async function readScoringModels(jsm: JetStreamManager): Promise<string[]> {
  const consumers = await Array.fromAsync(jsm.consumers.list(POSTS))
  return toScoringModels(consumers)
}

/** {@link readScoringModels} of consumers that were listed already, those of other streams and kinds among them. */
export const toScoringModels = (consumers: readonly ConsumerInfo[]): string[] =>
  consumers
    .filter((consumer) => consumer.stream_name === POSTS && consumer.name.startsWith(SCORER_PREFIX))
    .filter((consumer) => isAtWork(consumer))
    .map(({ name }) => name.slice(SCORER_PREFIX.length))
    .sort()

/** Somebody waits for posts, or took some a moment ago; both times are the server's. */
export const isAtWork = (consumer: ConsumerInfo): boolean => idleMs(consumer) < ACTIVE_MS

/** Milliseconds since a consumer gave anybody anything, by the server's clock; 0 while somebody waits for more. */
export function idleMs({ num_waiting: waiting, delivered, ts }: ConsumerInfo): number {
  if (waiting > 0) return 0
  // RFC 3339, whatever the client's type says; missing where nothing was delivered since the server started.
  const deliveredMs = Date.parse(String(delivered.last_active))
  const nowMs = ts === undefined ? Date.now() : Date.parse(ts)
  return Number.isNaN(deliveredMs) ? Number.POSITIVE_INFINITY : nowMs - deliveredMs
}

/** How to make a model the one that is shown. */
export const toPromoteCommand = (model: string): string => `npm run promote -- ${model}`

/**
 * What to say where what is scored is not what is shown, for who looks and for who runs it.
 * @param scoring the models that scorers are at work with
 * @returns undefined where the shown model is among them, where no scorer is at work, and before the first promotion
 */
export function describeStandstill(shown: string | undefined, scoring: readonly string[]): string | undefined {
  if (shown === undefined || scoring.length === 0 || scoring.includes(shown)) return undefined
  const makes = scoring.join(' and ')
  const command = scoring.map(toPromoteCommand).join(' or ')
  return `The figures stand still: the model shown is ${shown}, the scorer makes scores of ${makes}. To show those: ${command}`
}
