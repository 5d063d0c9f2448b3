import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import Sqlite, { type Database } from 'better-sqlite3'
import { HELD_OPEN, UNSCRUBBED } from '../schema/read-model-file.ts'
import { READ_MODEL_NAMES } from '../schema/read-models.ts'
import { POSTS } from '../schema/streams.ts'
import type { RecordedErasures } from './erase-posts.ts'

/**
 * How far a read model's file is with an erasure. The states are in order of progress.
 * - `missing`: DATA_DIR has no such file.
 * - `unreadable`: the file is damaged, or its projector is just creating it.
 * - `other log`: the file was built from another POSTS stream, so its checkpoint says nothing about this one.
 * - `pending`: its checkpoint is before the erasure.
 * - `sending`: it applied the erasure, but a rejected event of an erased post is still to be sent to DEAD or dropped.
 * - `held`: it applied the erasure, but another program holds the file open in a read transaction, so that its write-ahead
 *   log keeps the text.
 * - `scrubbing`: it applied the erasure, but unused bytes of the file may hold copies of the text.
 * - `gone`: nothing of the posts is left in the file.
 */
export type ErasureState =
  'missing' | 'unreadable' | 'other log' | 'pending' | 'sending' | 'held' | 'scrubbing' | 'gone'

export interface ReadModelOutcome {
  readonly name: string
  readonly state: ErasureState
  /** The POSTS sequence up to which the file is built; null when it cannot be read. */
  readonly checkpoint: number | null
}

export interface AwaitLimits {
  /** The longest wait while no file changes. After that, the projectors are assumed to be stopped. */
  readonly silenceMs?: number
  readonly totalMs?: number
}

const POLL_MS = 50
const READ_TIMEOUT_MS = 1_000

/** States after which the projector sends no more dead letters of the posts, so that a last search of DEAD finds all. */
export const IS_APPLIED: ReadonlySet<ErasureState> = new Set(['held', 'scrubbing', 'gone'])
/** States in which the log has nothing of the posts any more, but the file may. */
export const HAS_TRACES: ReadonlySet<ErasureState> = new Set(['held', 'scrubbing'])
export const IS_GONE: ReadonlySet<ErasureState> = new Set(['gone'])
/** States that waiting does not change, because the file is on another host or belongs to another log. */
const IS_HOPELESS: ReadonlySet<ErasureState> = new Set(['missing', 'other log'])

/** Returns the read models that are in none of the wanted states, although they are built from this log in DATA_DIR. */
export const readModelsBehind = (
  outcomes: readonly ReadModelOutcome[],
  wanted: ReadonlySet<ErasureState>,
): ReadModelOutcome[] => outcomes.filter(({ state }) => !wanted.has(state) && !IS_HOPELESS.has(state))

/**
 * Waits until every read model in DATA_DIR is in one of the wanted states, as long as any of them advances. It reads the
 * files, because a projector commits its rows together with its checkpoint, and may die before it acknowledges.
 */
export async function awaitReadModels(
  dataDir: string,
  erasures: RecordedErasures,
  wanted: ReadonlySet<ErasureState>,
  { silenceMs = 6_000, totalMs = 60_000 }: AwaitLimits = {},
): Promise<ReadModelOutcome[]> {
  const startMs = performance.now()
  let [seen, changedMs] = ['', startMs]
  for (;;) {
    const outcomes = READ_MODEL_NAMES.map((name) => readOutcome(dataDir, name, erasures))
    if (readModelsBehind(outcomes, wanted).length === 0) return outcomes
    const [now, nowMs] = [JSON.stringify(outcomes), performance.now()]
    if (now !== seen) [seen, changedMs] = [now, nowMs]
    if (nowMs - changedMs > silenceMs || nowMs - startMs > totalMs) return outcomes
    await pause(POLL_MS)
  }
}

function readOutcome(dataDir: string, name: string, erasures: RecordedErasures): ReadModelOutcome {
  const file = join(dataDir, `${name}.db`)
  if (!existsSync(file)) return { name, state: 'missing', checkpoint: null }
  let database: Database | undefined
  try {
    database = new Sqlite(file, { readonly: true, fileMustExist: true, timeout: READ_TIMEOUT_MS })
    return { name, ...readFile(database, erasures) }
  } catch {
    return { name, state: 'unreadable', checkpoint: null }
  } finally {
    database?.close()
  }
}

function readFile(database: Database, erasures: RecordedErasures): Omit<ReadModelOutcome, 'name'> {
  const row = database
    .prepare<[string], { sequence: number; created: string }>(
      'SELECT sequence, stream_created AS created FROM checkpoints WHERE stream = ?',
    )
    .get(POSTS)
  const checkpoint = row?.sequence ?? 0
  if (row !== undefined && row.created !== erasures.streamCreated) return { state: 'other log', checkpoint }
  if (checkpoint < erasures.recordedAt) return { state: 'pending', checkpoint }
  if (hasDeadLetter(database, erasures)) return { state: 'sending', checkpoint }
  const marks = database.prepare<[], string>('SELECT name FROM meta').pluck().all()
  if (!marks.includes(UNSCRUBBED)) return { state: 'gone', checkpoint }
  return { state: marks.includes(HELD_OPEN) ? 'held' : 'scrubbing', checkpoint }
}

/**
 * Whether a rejected event of the erased posts is still to be sent. Its row is deleted only after DEAD has it, or after the
 * projector found that the log no longer has its message.
 */
function hasDeadLetter(database: Database, { messages }: RecordedErasures): boolean {
  const letters = database.prepare<[], { stream: string; sequence: number }>(
    'SELECT stream, sequence FROM dead_letters',
  )
  for (const { stream, sequence } of letters.iterate()) if (messages.get(stream)?.has(sequence) === true) return true
  return false
}
