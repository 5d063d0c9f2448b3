import type { Health } from '../../schema/heartbeat.ts'
import type { Logger } from '../../schema/runtime/logger.ts'
import type { KeylessSource, RedditSource } from '../config.ts'
import type { World } from '../http/world.ts'
import { createArcticShift } from './arctic-shift/arctic-shift.ts'
import { createReddit } from './reddit/create-reddit.ts'
import { createRss } from './rss/rss.ts'
import type { LiveSource } from './live/source.ts'

/** Creates the live source that the settings ask for. */
export function createSource(
  source: RedditSource | KeylessSource,
  logger: Logger,
  world: World,
  health: Health,
): LiveSource {
  if (source.kind === 'reddit') return createReddit(source, logger, world, health)
  return (source.kind === 'rss' ? createRss : createArcticShift)(source, logger, world, health)
}
