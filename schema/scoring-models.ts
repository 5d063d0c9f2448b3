import type { ConsumerInfo, JetStreamManager } from '@nats-io/jetstream'
import { PromotionReader } from './promotions.ts'
import { POSTS } from './streams.ts'

/** A busy scorer rarely has a waiting pull, but took messages within this time. */
const ACTIVE_MS = 10_000
/** The durable consumer that all scorers of one scoring model share. */
export const scorerConsumer = (model: string): string => `scorer-${model}`

/** The beginning of the names of scorers' consumers. */
export const SCORER_PREFIX = scorerConsumer('')

/** The scoring model that is shown, which the last promotion in effect names. Undefined before the first promotion. */
export async function readShownModel(jsm: JetStreamManager): Promise<string | undefined> {
  return (await new PromotionReader().read(jsm)).at(-1)?.model
}

/** The scoring models that scorers use now, by the consumers that they share, among consumers of any stream and kind. */
export const toScoringModels = (consumers: readonly ConsumerInfo[]): string[] =>
  consumers
    .filter((consumer) => consumer.stream_name === POSTS && consumer.name.startsWith(SCORER_PREFIX))
    .filter((consumer) => isAtWork(consumer))
    .map(({ name }) => name.slice(SCORER_PREFIX.length))
    .sort()

/** Whether a client waits for messages of this consumer, or took one a moment ago by the server's clock. */
export const isAtWork = (consumer: ConsumerInfo): boolean => idleMs(consumer) < ACTIVE_MS

/** Milliseconds since a consumer last delivered a message, by the server's clock; 0 while a client waits for more. */
export function idleMs({ num_waiting: waiting, delivered, ts }: ConsumerInfo): number {
  if (waiting > 0) return 0
  // The client's type is wrong: this is a text in RFC 3339, and missing if nothing was delivered since the server
  // started.
  const deliveredMs = Date.parse(String(delivered.last_active))
  const nowMs = ts === undefined ? Date.now() : Date.parse(ts)
  return Number.isNaN(deliveredMs) ? Number.POSITIVE_INFINITY : nowMs - deliveredMs
}

/** The command that makes a scoring model the shown one. */
export const toPromoteCommand = (model: string): string => `npm run promote -- ${model}`

interface Standstill {
  readonly what: string
  readonly remedy: string
}

/**
 * The problem with its remedy when the active scorers use another scoring model than the promoted one.
 * @param scoring the scoring models that scorers use now
 * @returns undefined if the shown model is among them, if no scorer is active, and before the first promotion
 */
export function describeStandstill(shown: string | undefined, scoring: readonly string[]): Standstill | undefined {
  if (shown === undefined || scoring.length === 0 || scoring.includes(shown)) return undefined
  const used = scoring.join(' and ')
  const command = scoring.map(toPromoteCommand).join(' or ')
  return {
    what: `Figures are not updating: model ${shown} is shown, but the scorer uses ${used}.`,
    remedy: `To show its scores: ${command}`,
  }
}
