import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { jetstreamManager, type ConsumerInfo, type JetStreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import Sqlite from 'better-sqlite3'
import { loadEnvironment, SettingsReader } from '../schema/runtime/environment.ts'
import { OperationalError } from '../schema/runtime/errors.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { connectNats } from '../schema/runtime/nats.ts'
import { readSharedConfig } from '../schema/runtime/shared-config.ts'
import { MODELS, subjects } from '../schema/subjects.ts'

const SAMPLE_MS = 1_000
const READ_MODELS = ['posts', 'hourly', 'all-time'] as const

interface StreamLine {
  readonly name: string
  readonly messages: number
  readonly bytes: number
  readonly lastSequence: number
  readonly messagesPerSecond: number
}

interface ConsumerLine {
  readonly stream: string
  readonly name: string
  readonly lagEvents: number
  /** Age of the oldest event that is not applied, as far as the consumer knows; 0 without a lag. */
  readonly lagSeconds: number
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })
  const read = new SettingsReader(loadEnvironment())
  const { natsUrl, dataDir } = read.done(readSharedConfig(read))
  await requireServer(natsUrl)
  const connection = await connectNats({ url: natsUrl, user: 'status', name: 'status', dataDir })
  try {
    const jsm = await jetstreamManager(connection)
    const status = {
      model: await shownModel(jsm),
      streams: await streamLines(jsm),
      consumers: await consumerLines(jsm),
      checkpoints: READ_MODELS.flatMap((name) => readCheckpoints(dataDir, name)),
      diskBytes: await sizeOf(dataDir),
    }
    if (values.json) process.stdout.write(`${JSON.stringify(status, null, 2)}\n`)
    else print(status)
  } finally {
    await connection.close()
  }
}

/** A first connection waits for its server for ever; a person who asks for the status should not. */
async function requireServer(url: string): Promise<void> {
  try {
    const connection = await connect({ servers: new URL(url).host, timeout: 2_000, reconnect: false })
    await connection.close()
  } catch (cause) {
    if ((cause as Error).name.startsWith('Authorization') || /authori/i.test((cause as Error).message)) return
    throw new OperationalError(
      `Nothing answers at ${url}. Start Gravitas with npm start, or set NATS_URL or NATS_PORT.`,
      { cause },
    )
  }
}

async function shownModel(jsm: JetStreamManager): Promise<string | null> {
  const message = await jsm.streams.getMessage(MODELS, { last_by_subj: subjects.modelPromoted }).catch(() => null)
  return message?.json<{ model: string }>().model ?? null
}

async function streamLines(jsm: JetStreamManager): Promise<StreamLine[]> {
  const before = await jsm.streams.list().next()
  await pause(SAMPLE_MS)
  const after = await jsm.streams.list().next()
  return after.map(({ config: { name }, state }) => {
    const earlier = before.find(({ config }) => config.name === name)?.state.last_seq ?? state.last_seq
    const messagesPerSecond = ((state.last_seq - earlier) * 1_000) / SAMPLE_MS
    return { name, messages: state.messages, bytes: state.bytes, lastSequence: state.last_seq, messagesPerSecond }
  })
}

async function consumerLines(jsm: JetStreamManager): Promise<ConsumerLine[]> {
  const lines: ConsumerLine[] = []
  for (const { config } of await jsm.streams.list().next()) {
    for (const consumer of await jsm.consumers.list(config.name).next()) {
      const lagEvents = consumer.num_pending + consumer.num_ack_pending
      lines.push({
        stream: config.name,
        name: consumer.name,
        lagEvents,
        lagSeconds: await lagSeconds(jsm, consumer, lagEvents),
      })
    }
  }
  return lines
}

async function lagSeconds(jsm: JetStreamManager, consumer: ConsumerInfo, lagEvents: number): Promise<number> {
  if (lagEvents === 0) return 0
  const seq = consumer.ack_floor.stream_seq + 1
  const oldest = await jsm.streams.getMessage(consumer.stream_name, { seq }).catch(() => null)
  return oldest === null ? 0 : Math.max(0, Math.round((Date.now() - oldest.time.getTime()) / 1_000))
}

function readCheckpoints(
  dataDir: string,
  readModel: string,
): { readModel: string; stream: string; sequence: number }[] {
  const file = join(dataDir, `${readModel}.db`)
  if (!existsSync(file)) return []
  const database = new Sqlite(file, { readonly: true, fileMustExist: true })
  try {
    const rows = database
      .prepare<[], { stream: string; sequence: number }>('SELECT stream, sequence FROM checkpoints')
      .all()
    return rows.map((row) => ({ readModel, ...row }))
  } finally {
    database.close()
  }
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries.filter((entry) => entry.isFile())
  const sizes = await Promise.all(
    files.map(({ parentPath, name }) =>
      stat(join(parentPath, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

function print(status: {
  model: string | null
  streams: StreamLine[]
  consumers: ConsumerLine[]
  checkpoints: { readModel: string; stream: string; sequence: number }[]
  diskBytes: number
}): void {
  const count = (value: number): string => value.toLocaleString('en').padStart(12)
  const size = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1).padStart(9)} MB`
  const lines = [
    `model shown: ${status.model ?? 'none yet'}    disk: ${size(status.diskBytes).trim()}`,
    '',
    'stream                       messages   last sequence           size   messages/s',
    ...status.streams.map(
      (s) =>
        `${s.name.padEnd(24)} ${count(s.messages)}    ${count(s.lastSequence)}   ${size(s.bytes)} ${count(s.messagesPerSecond)}`,
    ),
    '',
    'consumer                                     lag, events   lag, seconds',
    ...status.consumers.map(
      (c) => `${`${c.name} (${c.stream})`.padEnd(42)} ${count(c.lagEvents)}   ${count(c.lagSeconds)}`,
    ),
    '',
    'read model     stream        checkpoint',
    ...status.checkpoints.map((c) => `${c.readModel.padEnd(14)} ${c.stream.padEnd(10)} ${count(c.sequence)}`),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

await runCommand(main)
