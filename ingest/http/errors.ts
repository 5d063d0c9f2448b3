/** A request failed in a way that may pass, so it is retried. */
export class TransientError extends Error {
  override name = 'TransientError'
  /** The least time to wait before the retry, as the server asked for it. */
  readonly waitMs: number
  /** Whether to retry without waiting, because the cause is already repaired, such as by a new token. */
  readonly retryAtOnce: boolean
  /** Whether all requests to this server must wait, not only this one. */
  readonly pauseAll: boolean
  /** How long nothing came until the request was given up, in milliseconds. */
  readonly silentMs: number

  constructor(
    message: string,
    options: ErrorOptions & { waitMs?: number; retryAtOnce?: boolean; pauseAll?: boolean; silentMs?: number } = {},
  ) {
    super(message, options)
    this.waitMs = options.waitMs ?? 0
    this.retryAtOnce = options.retryAtOnce ?? false
    this.pauseAll = options.pauseAll ?? false
    this.silentMs = options.silentMs ?? 0
  }
}

/** All attempts of a request failed. A later request may succeed. */
export class UnavailableError extends Error {
  override name = 'UnavailableError'
}

/** The server refuses to show what was asked for: it is private, banned, does not exist, or is forbidden by law. */
export class RefusedError extends Error {
  override name = 'RefusedError'
  readonly status: number
  /** The server's own word for it where it gave one, such as `private`. */
  readonly reason: string

  constructor(status: number, reason: string, options?: ErrorOptions) {
    super(`${status} ${reason}`, options)
    this.status = status
    this.reason = reason
  }
}

/** The server redirects to another path. */
export class RedirectedError extends Error {
  override name = 'RedirectedError'
  /** The target's path and query. Its host is dropped, so that no token is ever sent to another host. */
  readonly path: string

  constructor(path: string) {
    // Reddit redirects to its search when a subreddit does not exist.
    super(path.startsWith('/subreddits/search') ? 'does not exist' : `redirected to ${path}`)
    this.path = path
  }
}

/** Whether the server answered, but does not show what was asked for. */
export const isRefusal = (error: unknown): error is RefusedError | RedirectedError =>
  error instanceof RefusedError || error instanceof RedirectedError
