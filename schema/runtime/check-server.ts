import type { NatsConnection } from '@nats-io/transport-node'
import { OperationalError } from './errors.ts'

/** Atomic batches with message ids need this version. An older server stores the messages but ignores their headers. */
export const MINIMUM_VERSION = [2, 12, 1] as const
/** Enough for every event without a long text, and for dead letters with a useful part of their bytes. */
const SMALLEST_MAX_PAYLOAD_BYTES = 16 * 1024
/** Room for the headers of a message: the longest are those of a dead letter, with its reason and its subject. */
const HEADER_BYTES = 4_096
/**
 * The largest message, with headers below nats-server's default limit of 1 MiB. It is also the largest on servers that
 * allow more, so that a log can be moved to any server.
 */
export const LARGEST_MESSAGE_BYTES = 900_000

/**
 * Checks that a server, which Gravitas may not have started, has what Gravitas needs.
 * @throws OperationalError that says what to change; the connection is closed then
 */
export async function checkServer(connection: NatsConnection): Promise<void> {
  const problem = findServerProblem(connection.info)
  if (problem === undefined) return
  await connection.close()
  throw new OperationalError(problem)
}

/** What the server lacks, and what to do about it; undefined if it lacks nothing. */
export function findServerProblem(info: NatsConnection['info']): string | undefined {
  if (info === undefined) return undefined
  const { version, max_payload: maxPayload } = info
  const [server, minimum] = [`The NATS server ${info.server_name ?? info.host}`, MINIMUM_VERSION.join('.')]
  const parsed = parseVersion(version)
  // A version that is no number, as of a server built from source, does not show that the server is too old.
  if (parsed !== undefined && !isNewEnough(parsed))
    return `${server} has version ${version}, but Gravitas needs ${minimum} or later, because an older server ignores atomic batches and the message ids in them. Update the server, or set NATS_URL to a newer one.`
  if (maxPayload < SMALLEST_MAX_PAYLOAD_BYTES)
    return `${server} takes messages of at most ${maxPayload} bytes, but Gravitas needs ${SMALLEST_MAX_PAYLOAD_BYTES}. Raise max_payload in the configuration of the server; with 1MB, the default, every post fits.`
  return undefined
}

/** How many bytes a message may have besides its headers, on the server that the connection uses now. */
export const maxMessageBytes = ({ info }: NatsConnection): number =>
  Math.min(LARGEST_MESSAGE_BYTES, (info?.max_payload ?? Number.POSITIVE_INFINITY) - HEADER_BYTES)

/** The version in a text such as `nats-server: v2.15.1`. */
export function parseVersion(text: string): number[] | undefined {
  return /(\d+)\.(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number)
}

export function isNewEnough(version: readonly number[] | undefined): boolean {
  if (version === undefined) return false
  const difference = version.map((part, index) => part - MINIMUM_VERSION[index]!).find((part) => part !== 0)
  return (difference ?? 0) >= 0
}
