import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { JetStreamApiError } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { ProblemReport } from '../problems.ts'
import { FULL_BELOW_BYTES, readFreeBytes } from './disk-space.ts'

const ANSWER_TIMEOUT_MS = 2_000
/**
 * How many attempts must fail before silence is reported. After a restart of the server, a publish may time out although
 * nothing is wrong any more.
 */
const TIMEOUTS_UNTIL_TOLD = 3

const GOES_ON = 'Nothing is lost, and publishing continues by itself.'

/** nats-server's error codes for limits, each with its explanation. The server also uses 10077 for other failures to store. */
const LIMITS: Readonly<Record<number, (stream: string) => { readonly what: string; readonly remedy: string }>> = {
  10_077: (stream) => ({
    what: `Stream ${stream} has reached its limit and takes no more events.`,
    remedy: `Raise the limit with the nats CLI (nats stream edit ${stream} --max-bytes=…). ${GOES_ON}`,
  }),
  10_023: (stream) => ({
    what: `The NATS server has reached its storage limit, so stream ${stream} takes no more events.`,
    remedy: `Raise max_file in the configuration of the server and restart it. ${GOES_ON}`,
  }),
  10_002: (stream) => ({
    what: `The NATS account has reached its storage limit, so stream ${stream} takes no more events.`,
    remedy: `Raise the storage limit of the account. ${GOES_ON}`,
  }),
}
const LIMIT_REACHED = /maximum|insufficient|limits/

export interface FailedPublish {
  readonly connection: NatsConnection
  readonly stream: string
  readonly error: Error
  /** How many attempts in a row have failed. */
  readonly attempts: number
  /** The folder that holds the log if the server is Gravitas's own. */
  readonly dataDir: string | undefined
  readonly readFreeBytes?: typeof readFreeBytes
}

/**
 * Finds out why the server does not store events. A nats-server whose disk is full does not say so: its answer to a
 * publish never comes.
 * @returns undefined if the cause is unknown, for instance while the server restarts
 */
export async function explainFailure(failure: FailedPublish): Promise<ProblemReport | undefined> {
  return explainLimit(failure) ?? (await explainDisk(failure)) ?? (await explainSilence(failure))
}

function explainLimit({ error, stream }: FailedPublish): ProblemReport | undefined {
  if (!(error instanceof JetStreamApiError) || !LIMIT_REACHED.test(error.message)) return undefined
  const limit = LIMITS[error.code]
  return limit && { code: 'stream-full', subject: stream, ...limit(stream) }
}

async function explainDisk({
  dataDir,
  readFreeBytes: read = readFreeBytes,
}: FailedPublish): Promise<ProblemReport | undefined> {
  // Without this folder, DATA_DIR does not hold the log.
  if (dataDir === undefined || !existsSync(join(dataDir, 'jetstream'))) return undefined
  const free = await read(dataDir)
  return free === undefined || free >= FULL_BELOW_BYTES ? undefined : diskFull(dataDir, free)
}

/** The problem of a disk that is full. */
function diskFull(dataDir: string, freeBytes: number): ProblemReport {
  const free = `${Math.floor(freeBytes / 2 ** 20)} MB free`
  return {
    code: 'disk-full',
    what: `The disk of DATA_DIR (${dataDir}) is full (${free}), so events cannot be stored.`,
    remedy: `Free some room. ${GOES_ON}`,
  }
}

async function explainSilence(failure: FailedPublish): Promise<ProblemReport | undefined> {
  const { stream, attempts, connection } = failure
  if (attempts < TIMEOUTS_UNTIL_TOLD || !(await answers(connection))) return undefined
  return {
    code: 'log-not-writable',
    subject: stream,
    what: `The NATS server answers, but stores no events in stream ${stream}; its disk may be full.`,
    remedy: `Read the log of the server. If npm start started it, it is restarted once its disk has room; restart any other server. ${GOES_ON}`,
  }
}

const answers = (connection: NatsConnection): Promise<boolean> =>
  connection.request('$JS.API.INFO', '', { timeout: ANSWER_TIMEOUT_MS }).then(
    () => true,
    () => false,
  )
