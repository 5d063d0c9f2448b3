import { setTimeout as pause } from 'node:timers/promises'
import { JetStreamApiCodes, JetStreamApiError, type ConsumerInfo, type JetStreamManager } from '@nats-io/jetstream'
import { projectorConsumer, READ_MODEL_NAMES } from '../../schema/read-models.ts'
import { POSTS } from '../../schema/streams.ts'

export interface ReadModelOutcome {
  readonly name: (typeof READ_MODEL_NAMES)[number]
  /** `not running`: its projector applies the erasure when it starts. `behind`: it runs, and has much to do before. */
  readonly state: 'applied' | 'not running' | 'behind'
}

export interface AwaitLimits {
  /** How long a projector may neither ask for messages nor get on before it counts as not running. */
  readonly silenceMs?: number
  readonly totalMs?: number
}

const POLL_MS = 50
const MISSING_MS = 1_000

/**
 * Waits until the read models have applied POSTS up to a sequence, as far as their projectors run. A projector acknowledges
 * what it has committed, and asks for more all the time.
 */
export function awaitReadModels(
  jsm: JetStreamManager,
  sequence: number,
  limits: AwaitLimits = {},
): Promise<ReadModelOutcome[]> {
  return Promise.all(
    READ_MODEL_NAMES.map(async (name) => ({ name, state: await awaitOne(jsm, name, sequence, limits) })),
  )
}

async function awaitOne(
  jsm: JetStreamManager,
  name: string,
  sequence: number,
  { silenceMs = 6_000, totalMs = 60_000 }: AwaitLimits,
): Promise<ReadModelOutcome['state']> {
  const startMs = performance.now()
  let applied = 0
  for (let heardMs = startMs; ; await pause(POLL_MS)) {
    const info = await findConsumer(jsm, projectorConsumer(name))
    const before = applied
    applied = info?.ack_floor.stream_seq ?? 0
    if (applied >= sequence) return 'applied'
    const nowMs = performance.now()
    if (info !== undefined && (info.num_waiting > 0 || applied > before)) heardMs = nowMs
    // Without a consumer there is no projector, save for the moment in which it makes the consumer anew.
    const patienceMs = info === undefined ? Math.min(silenceMs, MISSING_MS) : silenceMs
    if (nowMs - heardMs > patienceMs) return 'not running'
    if (nowMs - startMs > totalMs) return 'behind'
  }
}

async function findConsumer(jsm: JetStreamManager, name: string): Promise<ConsumerInfo | undefined> {
  try {
    return await jsm.consumers.info(POSTS, name)
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.ConsumerNotFound) return undefined
    throw error
  }
}
