import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PromotionReader } from './promotions.ts'
import { MODELS, SCORES } from './streams.ts'

type Step = { readonly score: string } | { readonly promote: string } | { readonly rubbish: string }
/** The request that comes next fails. */
const FAILURE = 'failure'
type Message = Pick<StoredMsg, 'seq' | 'subject' | 'data' | 'timestamp' | 'time'>
interface Query {
  readonly seq?: number
  readonly next_by_subj?: string
  readonly last_by_subj?: string
  readonly start_time?: string
}

/** The streams MODELS and SCORES in memory. Each message is stored a millisecond after the one before it. */
class TestLog {
  readonly #streams: Record<string, Message[]> = { [MODELS]: [], [SCORES]: [] }
  #now = 0
  requests = 0
  /** What happens before the next requests are answered, one thing before each. */
  meanwhile: (Step | typeof FAILURE | undefined)[] = []
  /** Requests after so many more get no answer. */
  answers = Number.POSITIVE_INFINITY

  add(...steps: readonly Step[]): void {
    for (const step of steps) {
      if ('score' in step) this.#store(SCORES, `scores.${step.score}.memes`, '{}')
      else if ('promote' in step)
        this.#store(MODELS, 'models.promoted', JSON.stringify({ type: 'ModelPromoted', model: step.promote }))
      else this.#store(MODELS, 'models.promoted', step.rubbish)
    }
  }

  get jsm(): JetStreamManager {
    const getMessage = async (stream: string, query: Query): Promise<Message | null> => {
      this.#request()
      if (--this.answers < 0) throw new Error('timeout')
      const all = this.#streams[stream]!
      if (query.last_by_subj !== undefined) return all.at(-1) ?? null
      if (query.start_time !== undefined) return all.find(({ timestamp }) => timestamp >= query.start_time!) ?? null
      if (query.next_by_subj === undefined) return all.find(({ seq }) => seq === query.seq) ?? null
      const prefix = query.next_by_subj.replace('*', '')
      return all.find(({ seq, subject }) => seq >= query.seq! && subject.startsWith(prefix)) ?? null
    }
    const info = async (stream: string) => {
      this.#request()
      return { state: { last_seq: this.#streams[stream]!.length } }
    }
    return { streams: { getMessage, info } } as unknown as JetStreamManager
  }

  #request(): void {
    this.requests++
    const next = this.meanwhile.shift()
    if (next === FAILURE) throw new Error('the log does not answer')
    if (next !== undefined) this.add(next)
  }

  #store(stream: string, subject: string, text: string): void {
    const time = new Date(++this.#now)
    const all = this.#streams[stream]!
    all.push({ seq: all.length + 1, subject, data: Buffer.from(text), time, timestamp: time.toISOString() })
  }
}

const score = (model: string): Step => ({ score: model })
const promote = (model: string): Step => ({ promote: model })

async function read(...steps: readonly Step[]) {
  const log = new TestLog()
  log.add(...steps)
  const reader = new PromotionReader()
  const promotions = await reader.read(log.jsm)
  return {
    promotions: promotions.map(({ model, start }) => `${model} from ${start}`),
    ignored: reader.ignored,
    requests: log.requests,
  }
}

test('the first promotion counts at once, although its scoring model has no score yet', async () => {
  expect(await read()).toMatchObject({ promotions: [], ignored: undefined })
  expect(await read(promote('a'))).toMatchObject({ promotions: ['a from 0'], ignored: undefined })
})

test('a further promotion counts from the next score on, or from the first score of its scoring model', async () => {
  const begin = [promote('a'), score('a'), score('b'), promote('b')]
  expect((await read(...begin)).promotions).toEqual(['a from 0', 'b from 3'])
  expect(await read(...begin, promote('c'), score('b'))).toMatchObject({
    promotions: ['a from 0', 'b from 3'],
    ignored: { sequence: 3, reason: 'the log has no score of model c' },
  })
  expect(await read(...begin, promote('c'), score('b'), score('c'))).toMatchObject({
    promotions: ['a from 0', 'b from 3', 'c from 4'],
    ignored: undefined,
  })
})

test('a promotion that waits for a score is called off by a later one that does not wait', async () => {
  const begin = [promote('a'), score('a'), promote('b'), promote('a')]
  expect(await read(...begin, score('b'))).toMatchObject({ promotions: ['a from 0'], ignored: undefined })
  const both = [promote('a'), score('a'), promote('b'), promote('c')]
  expect((await read(...both, score('b'), score('c'))).promotions).toEqual(['a from 0', 'b from 2', 'c from 3'])
  expect((await read(...both, score('c'), score('b'))).promotions).toEqual(['a from 0', 'c from 2'])
})

test.each([
  'rubbish',
  '{"type":"ModelPromoted"}',
  '{"type":"ModelPromoted","model":"*"}',
  JSON.stringify({ type: 'ModelPromoted', model: 'x'.repeat(1_000_000) }),
])('%.40s changes nothing, and is named while nothing valid came after it', async (rubbish) => {
  const { promotions, ignored } = await read({ rubbish }, promote('a'), score('a'), { rubbish })
  expect([promotions, ignored?.sequence]).toEqual([['a from 0'], 3])
  expect(ignored!.reason).toMatch(/^.{1,100}$/)
  expect((await read({ rubbish }, promote('a'))).ignored).toBeUndefined()
})

test('a thousand promotions without scores cost little at each further reading', async () => {
  const log = new TestLog()
  log.add(promote('a'), ...Array.from({ length: 1_000 }, (_, index) => promote(`none-${index}`)))
  const reader = new PromotionReader()
  const before = await reader.read(log.jsm)
  await reader.read(log.jsm)
  log.requests = 0
  expect(await reader.read(log.jsm)).toBe(before)
  expect(log.requests).toBeLessThan(30)
})

test('a reading that is cut off by the log goes on where it was', async () => {
  const log = new TestLog()
  log.add(promote('a'), ...Array.from({ length: 1_000 }, () => ({ rubbish: '{' })), score('a'))
  const reader = new PromotionReader()
  for (let readings = 0; readings < 10; readings++) {
    log.answers = 200
    await reader.read(log.jsm).catch(() => {})
  }
  expect(reader.promotions).toMatchObject([{ model: 'a', start: 0 }])
})

const model = fc.constantFrom('a', 'b', 'c', 'd')
const step: fc.Arbitrary<Step> = fc.oneof(fc.record({ score: model }), fc.record({ promote: model }), {
  weight: 1,
  arbitrary: fc.constant({ rubbish: '{' }),
})

test('a process that read the promotions as they came finds the same ones as a process that starts later', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 12 }), async (groups) => {
      const log = new TestLog()
      const early = new PromotionReader()
      let scores = 0
      for (const group of groups) {
        const before = await early.read(log.jsm)
        log.add(...group)
        const after = await new PromotionReader().read(log.jsm)
        expect(await early.read(log.jsm)).toEqual(after)
        // What was in effect at the scores that were known does not change, except by the first promotion.
        expect(shownAt(after, scores)).toEqual(shownAt(before.length > 0 ? before : after, scores))
        scores += group.filter((one) => 'score' in one).length
      }
    }),
    { numRuns: 300 },
  )
})

test('a promotion that is stored before the first score of an older one, while the log is read, calls it off', async () => {
  const log = new TestLog()
  const reader = new PromotionReader()
  log.add(promote('a'), score('d'))
  await reader.read(log.jsm)
  log.meanwhile = [promote('c'), promote('d'), score('c')]
  const expected = ['a from 0', 'd from 2']
  expect((await reader.read(log.jsm)).map(({ model, start }) => `${model} from ${start}`)).toEqual(expected)
})

test('no promotion is taken twice when the log fails to answer while it is read', async () => {
  const log = new TestLog()
  const reader = new PromotionReader()
  log.add(promote('a'), score('b'), score('c'), score('d'))
  await reader.read(log.jsm)
  log.add(promote('b'), promote('c'), promote('d'))
  log.meanwhile = [...Array.from({ length: 7 }, () => undefined), FAILURE]
  await expect(reader.read(log.jsm)).rejects.toThrow('does not answer')
  expect(await reader.read(log.jsm)).toEqual(await new PromotionReader().read(log.jsm))
})

test('what is stored between two requests of a reading, or a request that fails, takes back no promotion', async () => {
  const during = fc.array(fc.oneof({ weight: 4, arbitrary: step }, fc.constant(FAILURE)), { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(fc.array(during, { maxLength: 8 }), async (readings) => {
      const log = new TestLog()
      const early = new PromotionReader()
      for (const steps of readings) {
        log.meanwhile = [...steps]
        const told = await early.read(log.jsm).catch(() => early.promotions)
        log.add(...log.meanwhile.splice(0).filter((one) => typeof one === 'object'))
        const after = await new PromotionReader().read(log.jsm)
        expect(after.slice(0, told.length)).toEqual(told)
      }
      expect(await early.read(log.jsm)).toEqual(await new PromotionReader().read(log.jsm))
    }),
    { numRuns: 50 },
  )
})

/** The scoring model that is shown at each score. */
const shownAt = (promotions: readonly { readonly model: string; readonly start: number }[], scores: number) =>
  Array.from({ length: scores }, (_, index) => promotions.findLast(({ start }) => start <= index + 1)?.model)
