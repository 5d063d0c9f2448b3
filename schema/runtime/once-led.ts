import { JetStreamApiError } from '@nats-io/jetstream'
import { TimeoutError } from '@nats-io/transport-node'
import pRetry from 'p-retry'
import { NoLeaderError } from './errors.ts'

/** Error code of nats-server: its cluster is choosing a leader. */
const TEMPORARILY_UNAVAILABLE = 10_008
/** About twenty seconds, within which a cluster has chosen a leader. */
export const LEADER_RETRIES = { retries: 9, minTimeout: 250, maxTimeout: 3_000 } as const

/** A request without an answer is repeated so often. A server that has just hung may have swallowed it. */
const REPEATED_TIMEOUTS = 3

/**
 * Repeats a request while the cluster has no leader that could answer it, and a few times when no answer comes. Any number of
 * repetitions must have the same result as one request. @throws other errors of the request at once
 */
export const onceLed = <T>(request: () => Promise<T>): Promise<T> =>
  pRetry(request, {
    ...LEADER_RETRIES,
    shouldRetry: ({ error, attemptNumber }) =>
      isWithoutLeader(error) || (error instanceof TimeoutError && attemptNumber <= REPEATED_TIMEOUTS),
  })

const isWithoutLeader = (error: unknown): boolean =>
  error instanceof NoLeaderError || (error instanceof JetStreamApiError && error.code === TEMPORARILY_UNAVAILABLE)
