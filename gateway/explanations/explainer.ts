import { toPostKey } from '../../schema/post-id.ts'
import type { Explanation } from '../../schema/generated/api.ts'
import { noExplanation } from '../protocol/errors.ts'
import type { ReadModels } from '../read-models.ts'
import { ModelLoadError, type ExplainingModel, type ModelFile } from './model-file.ts'
import { LogUnavailableError, type ScorePlace, type TextSource } from './scored-texts.ts'
import { LineFullError, WaitingLine } from './waiting-line.ts'

/** An explanation takes about half a millisecond of one core and two short reads of the log, which then overlap. */
const AT_ONCE = 4
/** A quarter of a second of work, and a few pages of posts. */
const MOST_WAITING = 500

export interface ExplainerParts {
  readonly models: ReadModels
  readonly texts: TextSource
  readonly model: ModelFile
}

/** Says why posts have their scores, each time from the log: an explanation quotes the post, so none is kept. */
export class Explainer {
  readonly #parts: ExplainerParts
  readonly #line = new WaitingLine({ atOnce: AT_ONCE, mostWaiting: MOST_WAITING })

  constructor(parts: ExplainerParts) {
    this.#parts = parts
  }

  /**
   * @param post as it was scored; its place in the log is looked up now, for it may have been erased since
   * @param first how many contributions to list
   * @param signal aborted when nobody waits for the answer any more
   * @returns null where there is nothing to explain
   * @throws a GraphQLError with an {@link ExplanationErrorCode}
   */
  async explain(
    post: { readonly id: string; readonly model: string | null },
    first: number,
    signal?: AbortSignal,
  ): Promise<Explanation | null> {
    const { id: postId, model } = post
    if (model === null) return null
    const sequence = this.#parts.models.posts.queries?.scoreSequence(model, toPostKey(postId))
    if (sequence === undefined) return null
    try {
      return await this.#line.run(() => this.#explain({ sequence, postId, model }, first, signal), signal)
    } catch (error) {
      throw signal?.aborted === true ? nobodyWaits() : toGraphQLError(error)
    }
  }

  async #explain(place: ScorePlace, first: number, signal: AbortSignal | undefined): Promise<Explanation | null> {
    // A model takes memory and time to load, its name does not.
    const name = await this.#parts.model.name()
    if (name !== undefined && name !== place.model) throw otherModel(place.model, name)
    const model = await this.#parts.model.get()
    if (model.name !== place.model) throw otherModel(place.model, model.name)
    const text = await this.#parts.texts.read(place)
    if (text === undefined) return null
    signal?.throwIfAborted()
    const explanation = await model.explain(text, signal)
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
  noExplanation(`The score is of the model ${wanted}; here only those of ${found} can be explained.`, 'OTHER_MODEL')

const nobodyWaits = () => noExplanation('The client has left.', 'CANCELLED')

function toGraphQLError(error: unknown): unknown {
  if (error instanceof LineFullError)
    return noExplanation('Too many explanations are asked for at once: try again later.', 'OVERLOADED')
  if (error instanceof LogUnavailableError)
    return noExplanation('The log, which has the text, cannot be asked at the moment: try again.', 'LOG_UNAVAILABLE')
  if (error instanceof ModelLoadError)
    return noExplanation('The model cannot be loaded: the gateway’s log says why.', 'MODEL_UNAVAILABLE')
  return error
}
