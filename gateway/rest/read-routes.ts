import type { Logger } from '../../schema/runtime/logger.ts'
import { AnswerCache } from './answer-cache.ts'
import { JsonAnswer } from '../http/json-answer.ts'
import { READ_METHODS, type PathParts, type Route } from '../http/routes.ts'
import { createErrorMask } from '../protocol/mask-errors.ts'
import type { ReadModels } from '../read-models/read-models.ts'
import type { ReadSource } from '../read-models/reads.ts'
import type { ShownModel } from '../log/shown-model.ts'
import type { ReadOperation } from './read-operation.ts'
import { subreddit } from './subreddit.ts'
import { subreddits } from './subreddits.ts'

const CLOCK_STEP_MS = 60_000

export interface ReadRouteSources {
  readonly models: ReadModels
  readonly reads: ReadSource
  readonly shown: ShownModel
}

/** Creates the addresses that show read models as JSON. Their answers are cached until something changes. */
export function createReadRoutes({ models, reads, shown }: ReadRouteSources, logger: Logger): Route[] {
  const cache = new AnswerCache()
  /** Answers that are being made, by version and URL. All requests for one of them wait for it. */
  const reading = new Map<string, Promise<JsonAnswer>>()
  const mask = createErrorMask(logger)

  async function read(operation: ReadOperation, url: string, parts: PathParts): Promise<JsonAnswer> {
    try {
      const { searchParams } = new URL(url, 'http://localhost')
      const sources = { reader: reads.begin(), model: shown.name }
      return new JsonAnswer(200, await operation.read(sources, parts, searchParams))
    } catch (error) {
      const { message, extensions } = mask(error)
      const status = (extensions['http'] as { status: number } | undefined)?.status ?? 500
      return new JsonAnswer(status, { error: message })
    }
  }

  /** Changes when an answer may change. The clock is part of it because the hours that are shown move with the clock. */
  const version = (): string => `${models.version} ${shown.name} ${Math.floor(Date.now() / CLOCK_STEP_MS)}`

  function readOnce(operation: ReadOperation, url: string, parts: PathParts): JsonAnswer | Promise<JsonAnswer> {
    const asked = version()
    const known = cache.get(asked, url)
    if (known !== undefined) return known
    const key = `${asked} ${url}`
    const pending = reading.get(key)
    if (pending !== undefined) return pending
    const made = read(operation, url, parts).then((answer) => {
      reading.delete(key)
      // If something changed meanwhile, the answer may be from before the change.
      if (answer.status === 200 && version() === asked) cache.set(asked, url, answer)
      return answer
    })
    reading.set(key, made)
    return made
  }

  return [subreddits, subreddit].map((found) => ({
    path: found.operation.path,
    methods: READ_METHODS,
    hasPage: true,
    operation: found.operation,
    answer: async (request, response, parts) => {
      const answer = await readOnce(found, request.url!, parts)
      answer.send(response)
    },
  }))
}
