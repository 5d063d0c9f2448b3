import type { Logger } from '../../schema/runtime/logger.ts'
import { AnswerCache } from './answer-cache.ts'
import { JsonAnswer } from '../http/json-answer.ts'
import { READ_METHODS, type PathParts, type Route } from '../http/routes.ts'
import { createErrorMask } from '../protocol/mask-errors.ts'
import type { ReadOperation, RestSources } from './read-operation.ts'
import { subreddit } from './subreddit.ts'
import { subreddits } from './subreddits.ts'

const CLOCK_STEP_MS = 60_000

/** Creates the addresses that show read models as JSON. Their answers are cached until something changes. */
export function createReadRoutes(sources: RestSources, logger: Logger): Route[] {
  const cache = new AnswerCache()
  const mask = createErrorMask(logger)

  function read(operation: ReadOperation, url: string, parts: PathParts): JsonAnswer {
    try {
      const { searchParams } = new URL(url, 'http://localhost')
      return new JsonAnswer(200, operation.read(sources, parts, searchParams))
    } catch (error) {
      const { message, extensions } = mask(error)
      const status = (extensions['http'] as { status: number } | undefined)?.status ?? 500
      return new JsonAnswer(status, { error: message })
    }
  }

  function readOnce(operation: ReadOperation, url: string, parts: PathParts): JsonAnswer {
    // The clock is part of the version because the hours that are shown move with it.
    const version = `${sources.models.version} ${sources.shown.name} ${Math.floor(Date.now() / CLOCK_STEP_MS)}`
    const known = cache.get(version, url)
    if (known !== undefined) return known
    const answer = read(operation, url, parts)
    if (answer.status === 200) cache.set(version, url, answer)
    return answer
  }

  return [subreddits, subreddit].map((found) => ({
    path: found.operation.path,
    methods: READ_METHODS,
    hasPage: true,
    operation: found.operation,
    answer: (request, response, parts) => readOnce(found, request.url!, parts).send(response),
  }))
}
