import { Worker } from 'node:worker_threads'
import { GraphQLError } from 'graphql'
import type { Logger } from '../../schema/runtime/logger.ts'
import { overloaded, timeLimitReached } from '../protocol/errors.ts'
import type { ReadAnswer, ReadQuestion, ReadWorkerData } from './read-worker.ts'

/** How much longer than its budget a read may run before its worker is replaced. */
const GRACE_MS = 250
/** The pause before a worker that ended by itself is started again. */
const RESTART_MS = 500

/** A result has a few megabytes at most. Without limits, V8 lets each worker grow by some 50 MB before it collects garbage. */
const LIMITS = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 }

export interface WorkerOptions {
  readonly dataDir: string
  readonly logger: Pick<Logger, 'error'>
  /** The module that exports the reads; a test may have reads of its own. */
  readonly reads?: URL
}

interface Running {
  readonly question: ReadQuestion
  readonly done: PromiseWithResolvers<unknown>
}

/** A worker thread that runs one read at a time. It is replaced after it crashed, and when a read does not end in time. */
export class WorkerThread implements AsyncDisposable {
  readonly #data: ReadWorkerData
  readonly #logger: WorkerOptions['logger']
  readonly #onReady: () => void
  #worker: Worker
  #isReady = false
  #running: Running | undefined
  #timer: NodeJS.Timeout | undefined
  #lastRead = { ms: 0, characters: 0 }

  /** @param onReady called when the worker has started, at first and each time that it was replaced */
  constructor({ dataDir, logger, reads = new URL('reads.ts', import.meta.url) }: WorkerOptions, onReady: () => void) {
    this.#data = { dataDir, reads: reads.href }
    this.#logger = logger
    this.#onReady = onReady
    this.#worker = this.#start()
  }

  get isFree(): boolean {
    return this.#isReady && this.#running === undefined
  }

  /** How long the worker took for its last read, and how long the result is as JSON. */
  get lastRead(): { readonly ms: number; readonly characters: number } {
    return this.#lastRead
  }

  /**
   * Call it only while the worker is free.
   * @throws a GraphQLError that says why the read was refused or stopped, or the read's own error
   */
  read(question: ReadQuestion): Promise<unknown> {
    const running = (this.#running = { question, done: Promise.withResolvers<unknown>() })
    this.#timer = setTimeout(
      // An answer that has arrived while the event loop was busy is taken first.
      () => setImmediate(() => this.#stopLate(running)),
      question.budgetMs + GRACE_MS,
    )
    this.#worker.postMessage(question)
    return running.done.promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isReady = false
    const ended = this.#drop()
    this.#end(0, ({ done }) => done.reject(overloaded()))
    await ended
  }

  #start(): Worker {
    this.#isReady = false
    const worker = new Worker(new URL('read-worker.ts', import.meta.url), {
      workerData: this.#data,
      resourceLimits: LIMITS,
    })
    worker.on('message', (answer: ReadAnswer | 'ready') => {
      if (answer !== 'ready') return this.#take(answer)
      this.#isReady = true
      this.#onReady()
    })
    worker.on('error', (error) => this.#logger.error({ err: error }, 'a worker that reads read models failed'))
    worker.on('exit', () => {
      this.#isReady = false
      this.#end(0, ({ done }) => done.reject(new Error('the worker of a read ended')))
      this.#timer = setTimeout(() => (this.#worker = this.#start()), RESTART_MS).unref()
    })
    worker.unref()
    return worker
  }

  #take(answer: ReadAnswer): void {
    const characters = 'json' in answer ? answer.json.length : 0
    this.#end(answer.ms, (running) => settle(running, answer), characters)
  }

  /** SQLite itself cannot be interrupted, so a statement that does not call `within_budget()` runs on in the old worker. */
  #stopLate(late: Running): void {
    if (this.#running !== late) return
    void this.#drop()
    this.#worker = this.#start()
    const { budgetMs } = late.question
    this.#end(budgetMs, ({ done }) => done.reject(timeLimitReached()))
  }

  /** Ends the worker, whose last words do not matter. An error that nobody listens to would end the process. */
  #drop(): Promise<unknown> {
    this.#worker.removeAllListeners().on('error', () => {})
    return this.#worker.terminate()
  }

  #end(ms: number, settleWith: (running: Running) => void, characters = 0): void {
    clearTimeout(this.#timer)
    this.#lastRead = { ms, characters }
    const running = this.#running
    this.#running = undefined
    if (running !== undefined) settleWith(running)
  }
}

function settle({ done }: Running, answer: ReadAnswer): void {
  if ('json' in answer) done.resolve(JSON.parse(answer.json))
  else if ('isOverBudget' in answer) done.reject(timeLimitReached())
  else if ('refused' in answer)
    done.reject(new GraphQLError(answer.refused.message, { extensions: { ...answer.refused.extensions } }))
  else done.reject(Object.assign(new Error(answer.failed.message), answer.failed))
}
