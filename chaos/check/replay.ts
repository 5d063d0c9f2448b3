import { join } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import Sqlite from 'better-sqlite3'
import { inputsOf, readModel, type ReadModelName } from '../../schema/read-models.ts'
import { readBatch } from '../../schema/runtime/read-batch.ts'
import type { StreamName } from '../../schema/streams.ts'
import type { LogMessage } from '../../projections/file/batch-writer.ts'
import type { Position } from '../../projections/projection.ts'
import { projections } from '../../projections/testing/all-projections.ts'
import { dumpRows, TestReadModel } from '../../projections/testing/replay.ts'

const BATCH_MESSAGES = 1_000
/** Tables with positions and with what a projector knows about its log. A replay has its own, so they are not compared. */
const OWN_TABLES = ['checkpoints', 'dead_letters', 'erased_sequences', 'lost_events', 'meta']

/** The log as it is now, with the messages that a fault took out after the read models had applied them. */
export class LogCopy {
  readonly #connection: NatsConnection
  readonly #streams = new Map<StreamName, LogMessage[]>()
  /** Messages that are gone from the log, and that a live read model rightly keeps. */
  readonly lost: LogMessage[] = []
  /** Positions of lost messages that no read model has applied. */
  readonly neverApplied: Position[] = []

  constructor(connection: NatsConnection) {
    this.#connection = connection
  }

  /** Reads every stream from its beginning, because erasures delete old messages. */
  async read(): Promise<void> {
    for (const stream of ['POSTS', 'SCORES', 'COVERAGE'] as const) {
      const lost = this.lost.filter((message) => message.stream === stream)
      const messages = [...(await readStream(this.#connection, stream)), ...lost]
      this.#streams.set(
        stream,
        messages.sort((a, b) => a.sequence - b.sequence),
      )
    }
  }

  /** The messages of a stream when it was last read. */
  messages(stream: StreamName): readonly LogMessage[] {
    return this.#streams.get(stream) ?? []
  }

  /**
   * Builds a read model from the copy in an empty file.
   * @param withLost whether the lost messages are there, as they were when the live read models applied them
   * @returns its rows as text
   */
  replay(name: ReadModelName, withLost: boolean): string {
    using model = new TestReadModel(projections[name])
    const lost = new Set(withLost ? [] : this.lost)
    for (const { stream } of inputsOf(readModel(name)))
      model.write(this.messages(stream).filter((message) => !lost.has(message)))
    return dumpRows(model.database, { without: OWN_TABLES })
  }
}

/** The rows of a live read model as text. */
export function dumpLive(dataDir: string, name: ReadModelName): string {
  const database = new Sqlite(join(dataDir, `${name}.db`), { readonly: true, fileMustExist: true })
  try {
    return dumpRows(database, { without: OWN_TABLES })
  } finally {
    database.close()
  }
}

async function readStream(connection: NatsConnection, stream: StreamName): Promise<LogMessage[]> {
  const jsm = await jetstreamManager(connection)
  const messages: LogMessage[] = []
  for (let seq = 1; ;) {
    const some = await readBatch(jsm, stream, { seq, batch: BATCH_MESSAGES })
    if (some.length === 0) return messages
    for (const { seq: sequence, subject, data, time } of some) {
      messages.push({ stream, sequence, subject, data, storedAtMs: time.getTime() })
    }
    seq = messages.at(-1)!.sequence + 1
  }
}
