import type { TextPost } from './features.ts'
import type { ScoringModel } from './scoring-model.ts'

/** The model works, but not on this post. */
export class UnscorablePostError extends Error {
  override name = 'UnscorablePostError'
}

/**
 * Scores a batch; where that fails, each post alone, so that a post that a model cannot take stops no other.
 * @returns each post's score, or why it has none
 * @throws what the model throws, when it cannot score an empty post either: then it is not the posts' fault
 */
export async function scoreEach(
  model: ScoringModel,
  posts: readonly TextPost[],
): Promise<readonly (number | UnscorablePostError)[]> {
  try {
    return await model.score(posts)
  } catch {
    await model.score([{ title: '' }])
    const scores: (number | UnscorablePostError)[] = []
    for (const post of posts) scores.push(await scoreAlone(model, post))
    return scores
  }
}

async function scoreAlone(model: ScoringModel, post: TextPost): Promise<number | UnscorablePostError> {
  try {
    const [seriousness] = await model.score([post])
    return seriousness!
  } catch (cause) {
    return new UnscorablePostError(`the model cannot score it: ${(cause as Error).message}`, { cause })
  }
}
