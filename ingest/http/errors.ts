/** An exchange failed in a way that may pass: it is tried again. */
export class TransientError extends Error {
  override name = 'TransientError'
  /** The least time to wait, as the server asked for it. */
  readonly waitMs: number
  /** Try again at once: what failed has been retryAtOnce, such as a token that was replaced. */
  readonly retryAtOnce: boolean
  /** The server wants all requests to pause, not just this one. */
  readonly pauseAll: boolean

  constructor(
    message: string,
    options: ErrorOptions & { waitMs?: number; retryAtOnce?: boolean; pauseAll?: boolean } = {},
  ) {
    super(message, options)
    this.waitMs = options.waitMs ?? 0
    this.retryAtOnce = options.retryAtOnce ?? false
    this.pauseAll = options.pauseAll ?? false
  }
}

/** An exchange kept failing; it may be asked for again later. */
export class UnavailableError extends Error {
  override name = 'UnavailableError'
}

/** The server will not give out what was asked for: private, banned, not existing, forbidden by law. */
export class RefusedError extends Error {
  override name = 'RefusedError'
  readonly status: number
  /** In the server's own word where it gave one, such as `private`. */
  readonly reason: string

  constructor(status: number, reason: string, options?: ErrorOptions) {
    super(`${status} ${reason}`, options)
    this.status = status
    this.reason = reason
  }
}

/** What was asked for is elsewhere. */
export class RedirectedError extends Error {
  override name = 'RedirectedError'
  /** A path with its query; the host of the answer is not trusted with a token. */
  readonly path: string

  constructor(path: string) {
    // So Reddit answers for a subreddit that it does not know.
    super(path.startsWith('/subreddits/search') ? 'does not exist' : `redirected to ${path}`)
    this.path = path
  }
}

/** Whether what was asked for is not given out here, today or for good. */
export const isRefusal = (error: unknown): error is RefusedError | RedirectedError =>
  error instanceof RefusedError || error instanceof RedirectedError
