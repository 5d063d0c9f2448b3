import { expect, test } from 'vitest'
import type { TextPost } from './features.ts'
import { scoreEach, UnscorablePostError } from './score-each.ts'
import type { ScoringModel } from './scoring-model.ts'

/**
 * A scoring model that a post `break` breaks.
 * @param brokenFor for each time that it is broken, for how many further calls it stays broken
 */
function createModel(...brokenFor: number[]): ScoringModel {
  let broken = 0
  const score = async (posts: readonly TextPost[]): Promise<number[]> => {
    if (broken-- > 0) throw new Error('the files cannot be read')
    if (posts.every(({ title }) => title !== 'break')) return posts.map(() => 0.5)
    broken = brokenFor.shift() ?? 0
    throw new Error('broken')
  }
  return { name: 'fragile-1', score, explain: () => Promise.reject(new Error('not asked for')) }
}

const posts = ['good', 'break', 'also good'].map((title) => ({ title }))

test('a post that the scoring model cannot score gets the reason, and the others their scores', async () => {
  expect(await scoreEach(createModel(), posts)).toEqual([0.5, expect.any(UnscorablePostError), 0.5])
})

test.each([[[1]], [[0, 1]]])('no post is blamed for a scoring model that does not work any more', async (brokenFor) => {
  await expect(scoreEach(createModel(...brokenFor), posts)).rejects.toThrow('the files cannot be read')
})
