import type { TextPost } from './features.ts'
import type { ScoringModel } from './scoring-model.ts'

/** A working scoring model cannot score this post. */
export class UnscorablePostError extends Error {
  override name = 'UnscorablePostError'
}

/**
 * Scores a batch. If that fails, scores each post alone, so that a post that the scoring model cannot score holds up no
 * other post.
 * @returns each post's score, or the reason why it has none
 * @throws the scoring model's error when it cannot score an empty post either, which means that it does not work (any more)
 */
export async function scoreEach(
  model: ScoringModel,
  posts: readonly TextPost[],
): Promise<readonly (number | UnscorablePostError)[]> {
  try {
    return await model.score(posts)
  } catch {
    const scores: (number | UnscorablePostError)[] = []
    for (const post of posts) {
      // A post may have broken the scoring model, which is no fault of the posts after it.
      if (scores.length === 0 || scores.at(-1) instanceof UnscorablePostError) await model.score([{ title: '' }])
      scores.push(await scoreAlone(model, post))
    }
    return scores
  }
}

async function scoreAlone(model: ScoringModel, post: TextPost): Promise<number | UnscorablePostError> {
  try {
    const [seriousness] = await model.score([post])
    return seriousness!
  } catch (cause) {
    return new UnscorablePostError(`the scoring model cannot score it: ${(cause as Error).message}`, { cause })
  }
}
