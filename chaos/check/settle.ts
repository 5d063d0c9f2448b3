import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import { nanos, type NatsConnection } from '@nats-io/transport-node'
import Sqlite, { type Database } from 'better-sqlite3'
import { subjectPattern } from '../../schema/events.ts'
import { inputsOf, READ_MODEL_NAMES, readModel, type ReadModelName } from '../../schema/read-models.ts'
import { SCORER_PREFIX } from '../../schema/scoring-models.ts'
import { COVERAGE, POSTS, SCORES, type StreamName } from '../../schema/streams.ts'

const POLL_MS = 40
const SHORT_ACK_WAIT_MS = 2_000

/** Waits until every post is scored and every read model in the folder has applied everything. */
export const settle = (connection: NatsConnection, dataDir: string, timeoutMs: number): Promise<void> =>
  untilNothing(timeoutMs, async () => {
    const jsm = await jetstreamManager(connection, { checkAPI: false })
    await hurryScorers(jsm)
    const unscored = await scorerBacklog(jsm)
    // This comes after the scorer's state, because a score is stored before its post is acknowledged.
    const targets = await readTargets(jsm)
    return [...unscored, ...READ_MODEL_NAMES.flatMap((name) => readModelBacklog(dataDir, name, targets))]
  })

/**
 * Lets the server deliver posts that a scorer did not acknowledge again after two seconds. By default that takes ten, for
 * each killed scorer. A scorer that starts sets ten seconds again.
 */
async function hurryScorers(jsm: JetStreamManager): Promise<void> {
  for (const { name, config } of await readScorers(jsm)) {
    if (config.ack_wait === nanos(SHORT_ACK_WAIT_MS)) continue
    await jsm.consumers.update(POSTS, name, { ack_wait: nanos(SHORT_ACK_WAIT_MS) })
  }
}

/** Waits until one read model has applied everything in the log. */
export const settleReadModel = (
  connection: NatsConnection,
  dataDir: string,
  name: ReadModelName,
  timeoutMs: number,
): Promise<void> =>
  untilNothing(timeoutMs, async () => {
    const jsm = await jetstreamManager(connection, { checkAPI: false })
    return readModelBacklog(dataDir, name, await readTargets(jsm))
  })

/** Waits until the scorers have acknowledged everything up to a sequence of POSTS. */
export const untilScored = (connection: NatsConnection, sequence: number, timeoutMs: number): Promise<void> =>
  untilNothing(timeoutMs, async () => {
    const jsm = await jetstreamManager(connection, { checkAPI: false })
    const floors = (await readScorers(jsm)).map(({ ack_floor }) => ack_floor.stream_seq)
    return floors.some((floor) => floor >= sequence) ? [] : [`the scorers are at ${floors.join(', ')} of ${sequence}`]
  })

/** Polls until nothing is left. @throws an Error that names what is left when `timeoutMs` is over */
async function untilNothing(timeoutMs: number, readLeft: () => Promise<string[]>): Promise<void> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const left = await readLeft().catch((error: Error) => [`the log: ${error.message}`])
    if (left.length === 0) return
    if (performance.now() > deadline) throw new Error(`not settled after ${timeoutMs / 1_000} s: ${left.join('; ')}`)
    await pause(POLL_MS)
  }
}

const readScorers = async (jsm: JetStreamManager) =>
  (await Array.fromAsync(jsm.consumers.list(POSTS))).filter(({ name }) => name.startsWith(SCORER_PREFIX))

async function scorerBacklog(jsm: JetStreamManager): Promise<string[]> {
  const scorers = await readScorers(jsm)
  const waiting = scorers.reduce((sum, { num_pending, num_ack_pending }) => sum + num_pending + num_ack_pending, 0)
  if (scorers.length === 0) return ['POSTS has no consumer of a scorer']
  return waiting > 0 ? [`${waiting} posts wait for the scorer`] : []
}

interface Targets {
  readonly last: Readonly<Partial<Record<StreamName, number>>>
  /** The sequence of the last erasure. A read model that takes only erasures from POSTS gets at least as far as this. */
  readonly lastErasure: number
}

async function readTargets(jsm: JetStreamManager): Promise<Targets> {
  const streams = [POSTS, SCORES, COVERAGE] as const
  const infos = await Promise.all(streams.map((stream) => jsm.streams.info(stream)))
  const erasure = await jsm.streams.getMessage(POSTS, { last_by_subj: subjectPattern('PostErased') })
  return {
    last: Object.fromEntries(infos.map(({ config, state }) => [config.name, state.last_seq])),
    lastErasure: erasure?.seq ?? 0,
  }
}

function readModelBacklog(dataDir: string, name: ReadModelName, { last, lastErasure }: Targets): string[] {
  let database: Database | undefined
  try {
    database = new Sqlite(join(dataDir, `${name}.db`), { readonly: true, fileMustExist: true })
    const select = database.prepare<[string], number>('SELECT sequence FROM checkpoints WHERE stream = ?').pluck()
    const letters = database.prepare<[], number>('SELECT count(*) FROM dead_letters').pluck().get() ?? 0
    const behind = inputsOf(readModel(name)).flatMap(({ stream, filters }) => {
      const [at, target] = [select.get(stream) ?? 0, (filters === undefined ? last[stream] : lastErasure) ?? 0]
      return at < target ? [`${name}.db is at ${at} of ${target} in ${stream}`] : []
    })
    return [...behind, ...(letters > 0 ? [`${name}.db has ${letters} dead letters to send`] : [])]
  } catch (error) {
    return [`${name}.db: ${(error as Error).message}`]
  } finally {
    database?.close()
  }
}
