import { rmSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { encodeCursor } from '../protocol/cursor.ts'
import { createReadModel, type ReadModelFiles } from '../testing/read-model-files.ts'
import { TestGateway } from '../testing/test-gateway.ts'

const NOW = Math.floor(Date.now() / 1_000)
let gateway: TestGateway
let files: ReadModelFiles
beforeEach(() => {
  gateway = new TestGateway()
  files = gateway.files
})
afterEach(() => gateway[Symbol.dispose]())

interface Event {
  readonly postScored: { readonly cursor: string; readonly post: { readonly id: string; readonly model: string } }
}
const follow = (after?: string): Promise<AsyncGenerator<Event>> =>
  gateway.subscribe(`subscription ($after: String) { postScored(after: $after) { cursor post { id model } } }`, {
    after,
  })
const score = (number: number, model = 'serious-1') => ({
  id: number.toString(36),
  subreddit: `sub${number % 3}`,
  createdUtc: NOW,
  seriousness: number % 10_000,
  model,
})
const advance = (): void => gateway.context.live.scored.advance()
const cursor = (sequence: number, log = 'test'): string => encodeCursor('scored', sequence, log)
async function take(events: AsyncGenerator<Event>, count: number): Promise<string[]> {
  const ids: string[] = []
  while (ids.length < count) ids.push((await events.next()).value!.postScored.post.id)
  return ids
}

test('starts with the next score after subscribing, also when an earlier change notice is late', async () => {
  files.add(score(1))
  advance()
  files.add(score(2))
  const events = await follow()
  files.add(score(3))
  advance()
  expect(await take(events, 1)).toEqual(['3'])
})

test('each event is sent exactly once, in any order of commits, reads and resumptions', async () => {
  let next = 1
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          adds: fc.integer({ min: 0, max: 40 }),
          looks: fc.boolean(),
          ages: fc.boolean(),
          reads: fc.integer({ min: 0, max: 30 }),
          resumes: fc.boolean(),
        }),
        { minLength: 1, maxLength: 12 },
      ),
      async (steps) => {
        let events = await follow()
        const first = next
        const got: string[] = []
        let last: string | undefined
        for (const { adds, looks, ages, reads, resumes } of steps) {
          files.add(...Array.from({ length: adds }, () => score(next++)))
          if (looks) advance()
          if (ages) gateway.context.live.scored.poll()
          const ready = looks || ages ? Math.min(reads, next - first - got.length) : 0
          for (let index = 0; index < ready; index++) {
            const { cursor: place, post } = (await events.next()).value!.postScored
            last = place
            got.push(post.id)
          }
          if (!resumes || last === undefined) continue
          await events.return(undefined)
          events = await follow(last)
        }
        advance()
        got.push(...(await take(events, next - first - got.length)))
        await events.return(undefined)
        expect(got).toEqual(Array.from({ length: next - first }, (_, index) => (first + index).toString(36)))
      },
    ),
    { numRuns: 30 },
  )
})

test('no event is repeated or skipped while the read model is rebuilt', async () => {
  files.add(score(1), score(2))
  const events = await follow()
  files.add(score(3))
  advance()
  expect(await take(events, 1)).toEqual(['3'])
  files.posts.exec(`DELETE FROM scores; DELETE FROM posts; UPDATE checkpoints SET sequence = 0`)
  advance()
  const fresh = await follow()
  files.restart()
  for (const number of [1, 2, 3, 4]) {
    files.add(score(number))
    advance()
  }
  expect(await take(events, 1)).toEqual(['4'])
  expect(await take(fresh, 1)).toEqual(['4'])
})

test('no event is repeated or skipped after the file of the read model was deleted and re-created', async () => {
  files.add(score(1), score(2))
  const events = await follow()
  for (const suffix of ['', '-wal', '-shm']) rmSync(join(files.folder, `posts.db${suffix}`), { force: true })
  files.posts.close()
  files.restart()
  files.posts = createReadModel(files.folder, 'posts')
  files.add(score(1), score(2), score(3))
  gateway.context.live.scored.poll()
  await new Promise((resolve) => setTimeout(resolve, 550))
  advance()
  expect(await take(events, 1)).toEqual(['3'])
})

test('a score whose post may still come delays the scores behind it; one whose post is gone does not', async () => {
  files.addPostOnly(score(2))
  gateway.log.last = { POSTS: 2 }
  const events = await follow()
  files.addScoreOnly(score(1))
  files.addScoreOnly(score(2))
  advance()
  await new Promise((resolve) => setTimeout(resolve, 20))
  files.addPostOnly(score(1))
  advance()
  expect(await take(events, 2)).toEqual(['1', '2'])
  files.addScoreOnly(score(3))
  files.add(score(4))
  advance()
  expect(await take(events, 1)).toEqual(['4'])
})

test('after a promotion the posts of the new scoring model continue where those of the former one ended', async () => {
  files.add(score(1), score(2), score(1, 'new'))
  const events = await follow()
  files.add(score(3), score(3, 'new'), score(4, 'new'))
  gateway.promotions.promote('new', 7)
  files.add(score(5), score(5, 'new'))
  advance()
  const got = await Array.fromAsync({ length: 3 }, async () => (await events.next()).value!.postScored.post)
  expect(got).toEqual([
    { id: '3', model: 'serious-1' },
    { id: '4', model: 'new' },
    { id: '5', model: 'new' },
  ])
})

test('refuses cursors that never existed', async () => {
  gateway.log.last = { SCORES: 5 }
  files.add(score(1), score(2))
  const codeOf = async (after: string): Promise<unknown> => {
    const events = await follow(after)
    return events.next().then(
      () => 'none',
      (error: { code: string }) => error.code,
    )
  }
  for (const garbage of ['', 'x', '%%', cursor(-1), cursor(1.5), encodeCursor('other', 1, ''), cursor(1, 'other')])
    expect(await codeOf(garbage)).toBe('BAD_USER_INPUT')
  expect(await codeOf(cursor(6))).toBe('BAD_USER_INPUT')
  gateway.log.last = undefined
  expect(await codeOf(cursor(6))).toBe('LOG_UNAVAILABLE')
  expect(await codeOf(cursor(0))).toBe('none')
})

test('an erased post is not sent', async () => {
  const events = await follow(cursor(0))
  files.add(score(1), score(2))
  files.erase('1')
  advance()
  expect(await take(events, 1)).toEqual(['2'])
})

test('completes when the gateway closes', async () => {
  const events = await follow()
  const ended = events.next()
  gateway.context.live.end()
  expect(await ended).toEqual({ done: true, value: undefined })
  expect(await (await follow()).next()).toEqual({ done: true, value: undefined })
})
