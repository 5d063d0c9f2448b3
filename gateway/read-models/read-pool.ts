import { answerTooLarge, overloaded, timeLimitReached } from '../protocol/errors.ts'
import type { Reader, ReaderOptions, ReadArgs, ReadName, ReadResult, ReadSource } from './reads.ts'
import { WorkerThread, type WorkerOptions } from './worker-thread.ts'

/** All but one of them may run heavy requests at the same time, so that every other request finds a worker soon. */
const WORKERS = 2
/** How long the reads of one request may take together. */
const BUDGET_MS = 1_000
/** How long the results of one request may be together, as JSON. They are put into an answer in the event loop. */
const MAX_CHARACTERS = 4_000_000
/** A request is heavy when its reads took longer than this together. */
const LIGHT_MS = 10
/** How many requests may wait, and how many of them may be heavy. */
const MAX_WAITING = 1_000
const MAX_HEAVY_WAITING = 100

export interface ReadPoolOptions extends WorkerOptions {
  readonly budgetMs?: number
}

interface Task {
  readonly name: string
  readonly args: unknown
  readonly done: PromiseWithResolvers<unknown>
}

/** The reads of one request. They run one after the other, and requests take turns after each read. */
interface Turn {
  readonly tasks: Task[]
  readonly signal: AbortSignal | undefined
  readonly budgetMs: number
  /** How long its reads took in the workers. Waiting and a busy event loop do not count. */
  spentMs: number
  characters: number
}

/**
 * Reads the read models for requests in worker threads, so that a slow read delays neither other requests nor the event loop.
 * Each request has a time budget: when it is used up, its statement is interrupted and its reads fail with TIME_LIMIT.
 */
export class ReadPool implements ReadSource, AsyncDisposable {
  readonly #workers: readonly WorkerThread[]
  readonly #budgetMs: number
  /** Requests with a read to do, of which none runs now, in the order of their turns. */
  #waiting: Turn[] = []
  #heavyRunning = 0

  constructor({ budgetMs = BUDGET_MS, ...options }: ReadPoolOptions) {
    this.#budgetMs = budgetMs
    this.#workers = Array.from({ length: WORKERS }, () => new WorkerThread(options, () => this.#startNext()))
  }

  begin({ signal, isEndless = false }: ReaderOptions = {}): Reader {
    const budgetMs = isEndless ? Number.POSITIVE_INFINITY : this.#budgetMs
    const turn: Turn = { tasks: [], signal, budgetMs, spentMs: 0, characters: 0 }
    return {
      read: <Name extends ReadName>(name: Name, args: ReadArgs<Name>) =>
        this.#add(turn, name, args) as Promise<ReadResult<Name>>,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const turn of this.#waiting.splice(0)) fail(turn, overloaded())
    await Promise.all(this.#workers.map((worker) => worker[Symbol.asyncDispose]()))
  }

  #add(turn: Turn, name: string, args: unknown): Promise<unknown> {
    const done = Promise.withResolvers<unknown>()
    // The first read of a request waits for its turn, or runs; the others follow it.
    if (turn.tasks.push({ name, args, done }) > 1) return done.promise
    const isNew = turn.spentMs === 0
    const refusal = isNew && this.#isFull(turn) ? overloaded() : findRefusal(turn)
    if (refusal === undefined) this.#wait(turn)
    else fail(turn, refusal)
    return done.promise
  }

  #isFull(turn: Turn): boolean {
    if (this.#waiting.length >= MAX_WAITING) return true
    return isHeavy(turn) && this.#waiting.filter(isHeavy).length >= MAX_HEAVY_WAITING
  }

  #wait(turn: Turn): void {
    this.#waiting.push(turn)
    this.#startNext()
  }

  #startNext(): void {
    for (const worker of this.#workers) {
      if (!worker.isFree) continue
      const mayBeHeavy = this.#heavyRunning < WORKERS - 1
      const next = this.#waiting.findIndex((turn) => mayBeHeavy || !isHeavy(turn))
      if (next === -1) return
      void this.#run(worker, this.#waiting.splice(next, 1)[0]!)
    }
  }

  async #run(worker: WorkerThread, turn: Turn): Promise<void> {
    const { name, args, done } = turn.tasks[0]!
    const budgetMs = Math.min(this.#budgetMs, turn.budgetMs - turn.spentMs)
    const weight = isHeavy(turn) ? 1 : 0
    this.#heavyRunning += weight
    try {
      done.resolve(await worker.read({ name, args, budgetMs }))
    } catch (error) {
      done.reject(error)
    }
    this.#heavyRunning -= weight
    turn.tasks.shift()
    turn.spentMs += worker.lastRead.ms
    turn.characters += worker.lastRead.characters
    const refusal = findRefusal(turn)
    if (refusal !== undefined) fail(turn, refusal)
    if (turn.tasks.length > 0) this.#waiting.push(turn)
    this.#startNext()
  }
}

/** Searches are heavy from the start, because their work depends on the words. */
const isHeavy = ({ tasks, spentMs }: Turn): boolean =>
  spentMs > LIGHT_MS || Boolean((tasks[0]?.args as { readonly search?: string | null } | undefined)?.search)

/** Why a request may read no more; undefined if it may. */
function findRefusal({ signal, spentMs, budgetMs, characters }: Turn): unknown {
  if (signal?.aborted === true) return signal.reason
  if (spentMs >= budgetMs) return timeLimitReached()
  const isLimited = budgetMs < Number.POSITIVE_INFINITY
  return isLimited && characters > MAX_CHARACTERS ? answerTooLarge() : undefined
}

function fail({ tasks }: Turn, error: unknown): void {
  for (const { done } of tasks.splice(0)) done.reject(error)
}
