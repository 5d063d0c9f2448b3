import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { TestGateway } from '../testing/test-gateway.ts'

const NOW = Math.floor(Date.now() / 1_000)
const MODELS = ['serious-1', '2', 'c'] as const

interface Score {
  readonly id: string
  readonly model: string
}
interface Event {
  readonly postScored: { readonly cursor: string; readonly post: Score }
}

let gateway: TestGateway
let log: TestLog
beforeEach(() => {
  gateway = new TestGateway()
  log = new TestLog()
})
afterEach(() => gateway[Symbol.dispose]())

/** Scores and promotions, in the log and in the read model, and the events that must follow from them. */
class TestLog {
  readonly scores: Score[] = []
  readonly promotions: { model: string; start: number }[] = [{ model: MODELS[0], start: 0 }]

  score(model: string, ...numbers: readonly number[]): void {
    const scores = numbers.map((number) => ({ id: number.toString(36), model }))
    this.scores.push(...scores)
    this.#write(scores)
  }

  promote(model: string): void {
    if (model === this.promotions.at(-1)!.model) return
    this.promotions.push({ model, start: this.scores.length + 1 })
    gateway.promotions.promote(model, this.scores.length + 1)
  }

  /** Empties the read model and fills it again, in transactions of some scores. */
  rebuild(size: number): void {
    gateway.files.posts.exec(`DELETE FROM scores; DELETE FROM posts; UPDATE checkpoints SET sequence = 0`)
    gateway.files.restart()
    advance()
    for (let from = 0; from < this.scores.length; from += size) {
      this.#write(this.scores.slice(from, from + size))
      advance()
    }
  }

  /** A post is visible where it has a score of the shown scoring model, and is sent where it is visible first. */
  events(): (Score & { place: string })[] {
    const seen = new Set<string>()
    return this.promotions.flatMap(({ model }, index) =>
      this.scores.flatMap((score, at) => {
        const end = this.promotions[index + 1]?.start ?? Number.POSITIVE_INFINITY
        if (score.model !== model || at + 1 >= end || seen.has(score.id)) return []
        seen.add(score.id)
        return [{ ...score, place: toPlace(index, at + 1) }]
      }),
    )
  }

  /** The place after everything that is visible now. */
  get end(): string {
    return toPlace(this.promotions.length - 1, this.scores.length)
  }

  #write(scores: readonly Score[]): void {
    const posts = scores.map(({ id, model }) => ({ id, model, subreddit: 'sub', createdUtc: NOW, seriousness: 1 }))
    gateway.files.add(...posts)
  }
}

const toPlace = (period: number, sequence: number): string =>
  [period, sequence].map((n) => String(n).padStart(6, '0')).join()
const advance = (): void => gateway.context.live.scored.advance()

/** A subscriber that comes and goes, and resumes with the cursor of its last event. */
class Subscriber {
  readonly got: Score[] = []
  readonly #from = log.end
  #events: AsyncGenerator<Event> | undefined
  #cursor: string | undefined

  async open(): Promise<void> {
    if (this.#events !== undefined || (this.got.length > 0 && this.#cursor === undefined)) return
    const query = `subscription ($after: String) { postScored(after: $after) { cursor post { id model } } }`
    this.#events = await gateway.subscribe<Event>(query, { after: this.#cursor })
  }

  async leave(): Promise<void> {
    if (this.#cursor === undefined) return
    await this.#events?.return(undefined)
    this.#events = undefined
  }

  /** What the subscriber still has to get. */
  get missing(): number {
    return this.expected.length - this.got.length
  }

  get expected(): Score[] {
    const events = log.events().filter(({ place }) => place > this.#from)
    return events.map(({ id, model }) => ({ id, model }))
  }

  async take(count: number): Promise<void> {
    if (this.#events === undefined) return
    for (let left = Math.min(count, this.missing); left > 0; left--) {
      const late = new Promise<never>((_, reject) =>
        setTimeout(reject, 2_500, new Error('an event is missing')).unref(),
      )
      const { cursor, post } = (await Promise.race([this.#events.next(), late])).value!.postScored
      this.#cursor = cursor
      this.got.push(post)
    }
  }

  /** Takes everything that is missing. */
  async finish(): Promise<readonly Score[]> {
    await this.open()
    gateway.context.live.scored.promoted()
    await this.take(Number.POSITIVE_INFINITY)
    return this.got
  }
}

test('a post that the former scoring model had shown is not sent again, and none that it had scored is missed', async () => {
  log.score('serious-1', 0)
  const subscriber = new Subscriber()
  await subscriber.open()
  log.score('serious-1', 1)
  advance()
  await subscriber.take(1)
  await subscriber.leave()
  log.score('serious-1', 2, 3)
  log.score('c', 1, 2, 3, 4)
  log.promote('c')
  expect(await subscriber.finish()).toEqual(subscriber.expected)
  const ids = subscriber.got.map(({ id, model }) => `${id} ${model}`)
  expect(ids).toEqual(['1 serious-1', '2 serious-1', '3 serious-1', '4 c'])
  log.score('c', 5)
  expect(await subscriber.finish()).toEqual(subscriber.expected)
  expect(subscriber.got.at(-1)).toEqual({ id: '5', model: 'c' })
})

test('scores that are stored after a promotion wait until the promotion is known', async () => {
  const subscriber = new Subscriber()
  await subscriber.open()
  const { all } = gateway.promotions
  gateway.promotions.all = undefined
  log.score('serious-1', 1)
  log.promote('c')
  const promoted = { sequence: 2, model: 'c', start: 2 }
  gateway.promotions.all = undefined
  log.score('serious-1', 2)
  log.score('c', 2)
  advance()
  await new Promise((resolve) => setTimeout(resolve, 5))
  gateway.promotions.all = [...all!, promoted]
  expect(await subscriber.finish()).toEqual(subscriber.expected)
  expect(subscriber.got.map(({ id, model }) => `${id} ${model}`)).toEqual(['1 serious-1', '2 c'])
})

test('many posts that become visible at a promotion are read in pages', async () => {
  const numbers = Array.from({ length: 6_000 }, (_, index) => index)
  const subscriber = new Subscriber()
  await subscriber.open()
  log.score('c', ...numbers)
  log.score('serious-1', 1, 2, 5_999, 7_000)
  advance()
  await subscriber.take(2)
  await subscriber.leave()
  log.promote('c')
  log.score('c', 7_000, 7_001)
  expect(await subscriber.finish()).toEqual(subscriber.expected)
  expect(subscriber.got).toHaveLength(6_002)
})

test('each post is sent once to each subscriber, over promotions, interruptions and rebuilds', async () => {
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        score: fc.constantFrom(...MODELS),
        posts: fc.array(fc.nat(20), { minLength: 1, maxLength: 6 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ promote: fc.constantFrom(...MODELS) }) },
    { weight: 2, arbitrary: fc.record({ look: fc.constantFrom('advance', 'poll', 'promoted') }) },
    {
      weight: 3,
      arbitrary: fc.record({ subscriber: fc.nat(2), does: fc.constantFrom('open', 'leave'), take: fc.nat(8) }),
    },
    { weight: 1, arbitrary: fc.record({ rebuild: fc.integer({ min: 1, max: 30 }) }) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      using run = new TestGateway()
      ;[gateway, log] = [run, new TestLog()]
      const { scored } = gateway.context.live
      const subscribers = new Map<number, Subscriber>()
      for (const one of steps) {
        if ('score' in one) {
          const known = new Set(log.scores.filter(({ model }) => model === one.score).map(({ id }) => id))
          log.score(one.score, ...new Set(one.posts.filter((number) => !known.has(number.toString(36)))))
        } else if ('promote' in one) log.promote(one.promote)
        else if ('rebuild' in one) log.rebuild(one.rebuild)
        else if ('look' in one) scored[one.look as 'advance']()
        else {
          const subscriber = subscribers.get(one.subscriber) ?? new Subscriber()
          subscribers.set(one.subscriber, subscriber)
          await subscriber.open()
          if (one.does === 'leave') await subscriber.leave()
          scored.promoted()
          await subscriber.take(one.take)
        }
      }
      for (const subscriber of subscribers.values()) expect(await subscriber.finish()).toEqual(subscriber.expected)
      log.score(log.promotions.at(-1)!.model, 99)
      for (const subscriber of subscribers.values()) expect(await subscriber.finish()).toEqual(subscriber.expected)
    }),
    { numRuns: 20 },
  )
})
