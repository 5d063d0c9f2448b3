import type { Logger } from '../../schema/runtime/logger.ts'
import { HttpClient } from './http-client.ts'
import { RateLimiter, type RateLimits } from './rate-limiter.ts'
import type { World } from './world.ts'

/** What the clients of all sources are made of. */
export interface ClientParts {
  /** By which a server knows its readers. */
  readonly source: { readonly userAgent: string }
  readonly logger: Logger
  readonly world: World
  /** Exchanges tried for one request; undefined: as many as a source that runs on tries. */
  readonly maxAttempts?: number | undefined
}

/** A client that keeps to a server's limits. */
export function createHttpClient({ source, logger, world, maxAttempts }: ClientParts, limits: RateLimits): HttpClient {
  const { clock, fetch, random } = world
  const limiter = new RateLimiter(clock, limits)
  return new HttpClient({ clock, fetch, random, limiter, logger, userAgent: source.userAgent, maxAttempts })
}
