import { Worker } from 'node:worker_threads'
import { OperationalError } from '../../schema/runtime/errors.ts'
import type { ModelAnswer, ModelRequest, ModelThreadData } from './run-model.ts'

/** The longest time that the tokenizer may take for one text. It usually takes some milliseconds. */
const MAX_STEP_MS = 3_000
/** The first step builds the tokenizer, which may take so many times as long: a large one takes some seconds. */
const STEPS_TO_BUILD = 10
const FIRST_STEP = 1
const CHECKS_A_STEP = 5
/** The JavaScript memory of a thread. The vocabulary of a large tokenizer takes a third of it. */
const MAX_HEAP_MB = 1_024

export interface ModelThreadOptions {
  readonly folder: string
  /** Threads that one inference call may use. */
  readonly threads: number
  readonly maxStepMs?: number
}

/**
 * A thread that runs a scoring model. A step of its tokenizer that does not end, as with a hostile regular expression,
 * ends the thread, and the call fails. Code of the graph cannot be ended; it delays only the thread.
 */
export class ModelThread {
  readonly #worker: Worker
  readonly #watch: NodeJS.Timeout
  #call: PromiseWithResolvers<unknown> | undefined
  #failure: Error | undefined
  modelName = ''

  private constructor({ folder, threads, maxStepMs = MAX_STEP_MS }: ModelThreadOptions) {
    const steps = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
    this.#worker = new Worker(new URL('./run-model.ts', import.meta.url), {
      workerData: { folder, threads, steps } satisfies ModelThreadData,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
      execArgv: [],
    })
    this.#worker.on('message', (answer: ModelAnswer) => this.#answer(answer))
    this.#worker.on('error', (error) => this.#end(error as Error))
    this.#worker.on('exit', () => this.#end(new Error('the thread of the scoring model has ended')))
    this.#watch = setInterval(
      watchSteps(steps, () => this.#giveUp()),
      maxStepMs / CHECKS_A_STEP,
    )
  }

  /** @throws OperationalError saying which file of the scoring model is wrong and why */
  static async start(options: ModelThreadOptions): Promise<ModelThread> {
    const thread = new ModelThread(options)
    try {
      thread.modelName = (await thread.#answered()) as string
      return thread
    } catch (cause) {
      void thread.#worker.terminate()
      if (cause instanceof OperationalError) throw cause
      const why = (cause as Error).message
      throw new OperationalError(`The scoring model in ${options.folder} cannot be loaded: ${why}.`, { cause })
    }
  }

  get hasEnded(): boolean {
    return this.#failure !== undefined
  }

  /**
   * Sends one request; the next one may be sent after its answer.
   * @param signal its abort asks the thread to end the work between two steps
   */
  async call(request: ModelRequest, signal?: AbortSignal): Promise<unknown> {
    const abort = (): void => this.#worker.postMessage('abort' satisfies ModelRequest)
    signal?.addEventListener('abort', abort)
    try {
      this.#worker.postMessage(request)
      return await this.#answered()
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  /** Keeps the process alive only while an answer is missing. */
  async #answered(): Promise<unknown> {
    if (this.#failure !== undefined) throw this.#failure
    this.#call = Promise.withResolvers()
    this.#worker.ref()
    this.#watch.ref()
    try {
      return await this.#call.promise
    } finally {
      this.#call = undefined
      this.#worker.unref()
      this.#watch.unref()
    }
  }

  #answer(answer: ModelAnswer): void {
    if ('value' in answer) return this.#call?.resolve(answer.value)
    const { error, isOperational } = answer
    this.#call?.reject(isOperational ? new OperationalError(error) : new Error(error))
  }

  #giveUp(): void {
    this.#end(new Error('its tokenizer does not come to an end'))
    void this.#worker.terminate()
  }

  #end(error: Error): void {
    clearInterval(this.#watch)
    this.#failure ??= error
    this.#call?.reject(this.#failure)
  }
}

/** Returns a function that calls `onStuck` when the thread is in the same step as at each of the last checks. */
function watchSteps(steps: Int32Array, onStuck: () => void): () => void {
  let [last, same] = [0, 0]
  return () => {
    const now = Atomics.load(steps, 0)
    // The number is odd while the thread is in a step.
    same = now === last && now % 2 !== 0 ? same + 1 : 0
    last = now
    if (same >= CHECKS_A_STEP * (now === FIRST_STEP ? STEPS_TO_BUILD : 1)) onStuck()
  }
}
