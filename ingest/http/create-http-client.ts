import type { Health } from '../../schema/heartbeat.ts'
import type { Logger } from '../../schema/runtime/logger.ts'
import { HttpClient } from './http-client.ts'
import { RateLimiter, type RateLimits } from './rate-limiter.ts'
import type { World } from './world.ts'

export interface ClientOptions {
  /** Gets a problem while the source cannot be read. */
  readonly health?: Health | undefined
  /** How often one request is attempted; by default as {@link HttpClient} does for sources that never end. */
  readonly maxAttempts?: number | undefined
}

/** What every source needs to create its HTTP client. */
export interface ClientParts extends ClientOptions {
  readonly source: { readonly userAgent: string }
  readonly logger: Logger
  readonly world: World
}

/** Creates a client with a rate limiter of its own. */
export function createHttpClient(
  { source, logger, world, health, maxAttempts }: ClientParts,
  limits: RateLimits,
): HttpClient {
  const { clock, fetch, random } = world
  const limiter = new RateLimiter(clock, limits)
  return new HttpClient({ clock, fetch, random, limiter, logger, health, userAgent: source.userAgent, maxAttempts })
}
