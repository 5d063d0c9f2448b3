import type { Explanation } from './explanation.ts'
import type { TextPost } from './features.ts'
import { ModelThread, type ModelThreadOptions } from './model-thread.ts'
import type { ModelRequest } from './run-model.ts'
import type { ScoringModel } from './scoring-model.ts'

/**
 * A scoring model in a thread of its own. It works on one call at a time, so that only the call at fault fails when the
 * thread has to be ended. The next call starts another thread.
 */
export class IsolatedModel implements ScoringModel {
  readonly name: string
  readonly #options: ModelThreadOptions
  #thread: ModelThread
  /** Settles when the thread has answered the calls so far. */
  #calls: Promise<unknown> = Promise.resolve()

  private constructor(options: ModelThreadOptions, thread: ModelThread) {
    this.#options = options
    this.#thread = thread
    this.name = thread.modelName
  }

  /** @throws OperationalError saying which file is wrong and why */
  static async load(options: ModelThreadOptions): Promise<IsolatedModel> {
    return new IsolatedModel(options, await ModelThread.start(options))
  }

  async score(posts: readonly TextPost[]): Promise<number[]> {
    return (await this.#call({ score: posts.map(toTextPost) })) as number[]
  }

  /** @throws the signal's reason as soon as it is aborted; the thread may still be busy then, and other calls wait */
  async explain(post: TextPost, signal?: AbortSignal): Promise<Explanation> {
    return (await unlessAborted(this.#call({ explain: toTextPost(post) }, signal), signal)) as Explanation
  }

  #call(request: ModelRequest, signal?: AbortSignal): Promise<unknown> {
    const answer = this.#calls.then(async () => {
      signal?.throwIfAborted()
      if (this.#thread.hasEnded) this.#thread = await ModelThread.start(this.#options)
      return this.#thread.call(request, signal)
    })
    this.#calls = answer.catch(() => {})
    return answer
  }
}

/** Only what a scoring model reads is copied to its thread. */
const toTextPost = ({ title, selftext }: TextPost): TextPost => ({ title, selftext })

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => aborted.reject(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort)
  return Promise.race([promise, aborted.promise]).finally(() => signal.removeEventListener('abort', abort))
}
