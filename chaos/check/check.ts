import { join } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import Sqlite from 'better-sqlite3'
import { READ_MODEL_NAMES, type ReadModelName } from '../../schema/read-models.ts'
import { readBatch } from '../../schema/runtime/read-batch.ts'
import { DEAD } from '../../schema/streams.ts'
import type { History } from '../load/history.ts'
import { countLoad } from './count.ts'
import { dumpLive, type LogCopy } from './replay.ts'

const SHOWN = 5
const VIEWS: Readonly<Record<string, ReadModelName>> = {
  posts_view: 'posts',
  hourly_view: 'hourly',
  coverage_view: 'hourly',
  all_time_view: 'all-time',
}

/** A comparison found a difference, or something of an erased post is left. */
export class CheckError extends Error {
  override name = 'CheckError'
}

/** Compares the views for people with the count of the load. @returns the number of posts */
export async function checkCount(history: History, dataDir: string): Promise<number> {
  const counted = await countLoad(history)
  for (const [view, name] of Object.entries(VIEWS))
    compare(`${view} and the count`, readView(dataDir, name, view), counted[view]!)
  return counted['posts_view']!.length
}

/** Compares every read model with a replay of the log as it is now into an empty file. */
export async function checkReplays(log: LogCopy, dataDir: string): Promise<void> {
  await log.read()
  for (const name of READ_MODEL_NAMES) compareWithReplay(log, dataDir, name, { withLost: true })
}

/** @param withLost whether the file was built before events were lost, and so keeps them */
export function compareWithReplay(
  log: LogCopy,
  dataDir: string,
  name: ReadModelName,
  { withLost }: { readonly withLost: boolean },
): void {
  compare(`${name}.db and a replay`, dumpLive(dataDir, name).split('\n'), log.replay(name, withLost).split('\n'))
}

/** Checks that every rejected event is in DEAD once. */
export async function checkDeadLetters(history: History, connection: NatsConnection): Promise<void> {
  const wanted = history.facts.flatMap((fact) =>
    fact.kind === 'rubbish' ? [`${fact.reportedBy} ${fact.payload.toString('latin1')}`] : [],
  )
  const found: string[] = []
  const jsm = await jetstreamManager(connection)
  for (let seq = 1; ;) {
    const messages = await readBatch(jsm, DEAD, { seq, batch: 1_000 })
    if (messages.length === 0) break
    for (const { subject, data } of messages)
      found.push(`${subject.replace('dead.', '')} ${Buffer.from(data).toString('latin1')}`)
    seq = messages.at(-1)!.seq + 1
  }
  compare('DEAD and the rubbish', found.sort(), wanted.sort())
}

/** Lists the lost events that a read model needs and its file does not record. */
export function missingLosses(log: LogCopy, dataDir: string): string[] {
  return [...log.lost, ...log.neverApplied].flatMap(({ stream, sequence }) => {
    const names: readonly ReadModelName[] = stream === 'POSTS' ? ['posts'] : READ_MODEL_NAMES
    return names.flatMap((name) =>
      isRecorded(dataDir, name, stream, sequence) ? [] : [`${name}.db: ${stream} ${sequence}`],
    )
  })
}

function isRecorded(dataDir: string, name: ReadModelName, stream: string, sequence: number): boolean {
  const sql = 'SELECT 1 FROM lost_events WHERE stream = ? AND ? BETWEEN first_sequence AND last_sequence'
  return read(dataDir, name, (database) => database.prepare(sql).get(stream, sequence) !== undefined)
}

const readView = (dataDir: string, name: ReadModelName, view: string): string[] =>
  read(dataDir, name, (database) =>
    database
      .prepare(`SELECT * FROM ${view}`)
      .all()
      .map((row) => JSON.stringify(row))
      .sort(),
  )

function read<T>(dataDir: string, name: ReadModelName, from: (database: Sqlite.Database) => T): T {
  const database = new Sqlite(join(dataDir, `${name}.db`), { readonly: true, fileMustExist: true })
  try {
    return from(database)
  } finally {
    database.close()
  }
}

/** @throws CheckError with some of the lines that only one of the two has */
function compare(what: string, found: readonly string[], wanted: readonly string[]): void {
  const [tooMany, missing] = [without(found, wanted), without(wanted, found)]
  if (tooMany.length === 0 && missing.length === 0) return
  const show = (lines: readonly string[]): string[] => lines.slice(0, SHOWN).map((line) => `\n    ${line}`)
  throw new CheckError(
    `${what} differ: ${tooMany.length} too many${show(tooMany).join('')}\n  ${missing.length} missing${show(missing).join('')}`,
  )
}

/** The lines of `all` that are left when each line of `others` takes one away. */
function without(all: readonly string[], others: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const line of others) counts.set(line, (counts.get(line) ?? 0) + 1)
  return all.filter((line) => {
    const left = counts.get(line) ?? 0
    if (left > 0) counts.set(line, left - 1)
    return left === 0
  })
}
