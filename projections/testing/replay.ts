import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { encodeEvent, EVENTS, subjectOf, type GravitasEvent } from '../../schema/events.ts'
import type { StreamName } from '../../schema/streams.ts'
import { BatchWriter, type CommitResult, type LogMessage, type StreamBatch } from '../file/batch-writer.ts'
import { openReadModel } from '../file/database.ts'
import type { Projection } from '../projection.ts'

const STORED_AT_MS = 1_764_100_000_000

interface LogOptions {
  readonly storedAtMs?: number
  /** The last sequence of each stream, which the function raises. By default the log is empty. */
  readonly last?: Partial<Record<StreamName, number>>
}

/** Events as the messages of a log, in which each stream numbers its own. */
export function toLog(
  events: readonly GravitasEvent[],
  { storedAtMs = STORED_AT_MS, last = {} }: LogOptions = {},
): LogMessage[] {
  return events.map((event) => {
    const stream = EVENTS[event.type].stream
    const sequence = (last[stream] = (last[stream] ?? 0) + 1)
    return {
      stream,
      sequence,
      subject: subjectOf(event),
      data: Buffer.from(encodeEvent(event)),
      storedAtMs,
    }
  })
}

/** A read model in a temporary file of its own. */
export class TestReadModel implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'gravitas-read-model-'))
  #projection: Projection<unknown>
  database: Database

  constructor(projection: Projection<unknown>) {
    this.#projection = projection
    this.database = this.#open()
  }

  /** Applies messages in one transaction, in the order given. */
  commit(messages: readonly LogMessage[]): CommitResult {
    return new BatchWriter(this.database, this.#projection).write(toBatches(messages))
  }

  /** Applies all messages, in as many transactions as the projection's limits ask for. @returns texts that were erased */
  write(messages: readonly LogMessage[]): readonly string[] {
    const texts: string[] = []
    for (let left = messages; left.length > 0;) {
      const { positions, erased } = this.commit(left)
      texts.push(...(erased?.texts ?? []))
      left = left.filter(({ stream, sequence }) => sequence > positions[stream]!)
    }
    return texts
  }

  /** Simulates a process that dies inside a transaction. Nothing of the transaction may stay. */
  crashDuring(messages: readonly LogMessage[]): void {
    const dying: Projection<unknown> = {
      ...this.#projection,
      createWriter: (database) => {
        const writer = this.#projection.createWriter(database)
        return {
          apply: (change) => writer.apply(change),
          flush: () => {
            writer.flush()
            throw new Error('killed')
          },
        }
      },
    }
    try {
      new BatchWriter(this.database, dying).write(toBatches(messages))
    } catch {
      this.database.close()
      this.database = this.#open()
    }
  }

  /** Closes the file and opens it as another version of the program would. */
  reopenAs(projection: Projection<unknown>): void {
    this.database.close()
    this.#projection = projection
    this.database = this.#open()
  }

  dump(): string {
    return dumpRows(this.database)
  }

  [Symbol.dispose](): void {
    this.database.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  get file(): string {
    return join(this.#folder, 'test.db')
  }

  #open(): Database {
    return openReadModel(this.file, this.#projection)
  }
}

/** All rows of all tables of a read model as text, without those of the full-text index. */
export function dumpRows(database: Database, { without = [] }: { readonly without?: readonly string[] } = {}): string {
  const tables = database
    .prepare<[], string>(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE 'titles%' ORDER BY name`,
    )
    .pluck()
    .all()
    .filter((table) => !without.includes(table))
  const rows = tables.map((table) => [
    table,
    database
      .prepare(`SELECT * FROM "${table}"`)
      .all()
      .map((row) => JSON.stringify(row))
      .sort(),
  ])
  return JSON.stringify(rows, null, 1)
}

/** Runs of messages of one stream, as a projector gets them. */
export function toBatches(messages: readonly LogMessage[]): StreamBatch[] {
  const batches: StreamBatch[] = []
  for (const message of messages) {
    const last = batches.at(-1)
    if (last?.stream === message.stream) (last.messages as LogMessage[]).push(message)
    else batches.push({ stream: message.stream, streamCreated: 'test', messages: [message] })
  }
  return batches
}
