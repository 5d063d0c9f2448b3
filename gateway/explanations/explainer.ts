import { toPostKey } from '../../schema/post-id.ts'
import type { Explanation } from '../../schema/generated/api.ts'
import { noExplanation } from '../protocol/errors.ts'
import type { ReadModels } from '../read-models/read-models.ts'
import { ModelLoadError, type ExplainingModel, type ModelFile } from './model-file.ts'
import { LogUnavailableError, type ScoredCopy, type TextSource } from './scored-texts.ts'
import { LineFullError, WaitingLine } from './waiting-line.ts'

/** How many explanations run at once. Each takes half a millisecond of one core and a short read of the log, which overlap. */
const AT_ONCE = 4
/** How many explanations may wait: as many as a few pages of posts have, which is a quarter of a second of work. */
const MOST_WAITING = 500

/** The longest time that one explanation may take. One by a transformer takes some hundred inference calls. */
const MAX_EXPLANATION_MS = 10_000

export interface ExplainerParts {
  readonly models: ReadModels
  readonly texts: TextSource
  readonly model: ModelFile
  readonly maxExplanationMs?: number
}

interface Wanted {
  /** The name of the scoring model whose score is explained. */
  readonly model: string
  /** How many contributions to list. */
  readonly first: number
  readonly signal: AbortSignal | undefined
}

/**
 * Explains the scores of posts. Each explanation is made from the log when it is requested and is not kept, because it
 * quotes the post, which may be erased.
 */
export class Explainer {
  readonly #parts: ExplainerParts
  readonly #line = new WaitingLine({ atOnce: AT_ONCE, mostWaiting: MOST_WAITING })

  constructor(parts: ExplainerParts) {
    this.#parts = parts
  }

  /**
   * @param post the post with the scoring model that scored it; its place in the log is looked up now, because it may
   *   have been erased
   * @param first how many contributions to list
   * @param signal aborted when the client has left
   * @returns null if the post has no score, or its text is not in the log
   * @throws a GraphQLError with an {@link ExplanationErrorCode}
   */
  async explain(
    post: { readonly id: string; readonly model: string | null },
    first: number,
    signal?: AbortSignal,
  ): Promise<Explanation | null> {
    const { id: postId, model } = post
    if (model === null) return null
    const sequence = this.#parts.models.posts.queries?.scoredCopy(model, toPostKey(postId))
    if (sequence === undefined) return null
    try {
      return await this.#line.run(() => this.#explain({ sequence, postId }, { model, first, signal }), signal)
    } catch (error) {
      throw signal?.aborted === true ? clientLeft() : toGraphQLError(error)
    }
  }

  async #explain(copy: ScoredCopy, { model: scoredBy, first, signal }: Wanted): Promise<Explanation | null> {
    // Reading the name first avoids loading a scoring model, which takes memory and time, for a score that it cannot
    // explain.
    const name = await this.#parts.model.name()
    if (name !== undefined && name !== scoredBy) throw otherModel(scoredBy, name)
    const model = await this.#parts.model.get()
    if (model.name !== scoredBy) throw otherModel(scoredBy, model.name)
    const text = await this.#parts.texts.read(copy)
    if (text === undefined) return null
    const timeout = AbortSignal.timeout(this.#parts.maxExplanationMs ?? MAX_EXPLANATION_MS)
    const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
    either.throwIfAborted()
    const explanation = await model.explain(text, either)
    return toAnswer(model, explanation, first)
  }
}

function toAnswer(
  { name: model }: ExplainingModel,
  { seriousness, base, contributions }: Awaited<ReturnType<ExplainingModel['explain']>>,
  first: number,
): Explanation {
  const rest = contributions.slice(first).reduce((sum, { logit }) => sum + logit, 0)
  return { model, seriousness, base, contributions: contributions.slice(0, first), rest }
}

const otherModel = (wanted: string, found: string) =>
  noExplanation(
    `The score is of the scoring model ${wanted}; this gateway can explain only scores of ${found}.`,
    'OTHER_MODEL',
  )

const clientLeft = () => noExplanation('The client has left.', 'CANCELLED')

function toGraphQLError(error: unknown): unknown {
  if ((error as Error).name === 'AbortError') return clientLeft()
  if (error instanceof LineFullError)
    return noExplanation('Too many explanations are requested at once. Try again later.', 'OVERLOADED')
  if ((error as Error).name === 'TimeoutError') return noExplanation('The explanation takes too long.', 'OVERLOADED')
  if (error instanceof LogUnavailableError)
    return noExplanation(
      'The log, which has the text of the post, does not answer at the moment. Try again.',
      'LOG_UNAVAILABLE',
    )
  if (error instanceof ModelLoadError)
    return noExplanation('The scoring model cannot be loaded. The log of the gateway says why.', 'MODEL_UNAVAILABLE')
  return error
}
