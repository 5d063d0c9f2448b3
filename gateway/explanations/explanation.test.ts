import { once } from 'node:events'
import { createServer } from 'node:http'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { postSubmitted } from '../../schema/testing/builders.ts'
import { Explainer } from './explainer.ts'
import { ModelFile, type ExplainingModel } from './model-file.ts'
import { createGraphQLServer } from '../schema.ts'
import { codeOf, silent, TestGateway, type Answer } from '../testing/test-gateway.ts'

let gateway: TestGateway
beforeEach(() => {
  gateway = new TestGateway()
  gateway.files.add(
    { id: 'a1', subreddit: 'aa', createdUtc: 1_764_000_000, seriousness: 5_000 },
    { id: 'a2', subreddit: 'aa', createdUtc: 1_764_000_001, seriousness: 5_000 },
  )
  gateway.texts.bySequence.set(1, postSubmitted({ id: 'a1', title: 'one seven of' }))
})
afterEach(() => gateway[Symbol.dispose]())

const SETTLE = { timeout: 20_000, interval: 10 }
const EXPLANATION = 'explanation { model seriousness base contributions { feature logit } rest }'
const ask = (id: string, fields = EXPLANATION): Promise<Answer> =>
  gateway.ask(`{ a: post(id: "${id}") { id ${fields} } }`)

test('an explanation lists the words that weigh most, and the sum of the others', async () => {
  expect((await ask('a1')).data.a).toEqual({
    id: 'a1',
    explanation: {
      model: 'serious-1',
      seriousness: 0.5,
      base: 0.25,
      contributions: [
        { feature: 'seven', logit: -5 },
        { feature: 'one', logit: 3 },
        { feature: 'of', logit: 2 },
      ],
      rest: 0,
    },
  })
  expect((await ask('a1', 'explanation(first: 1) { contributions { feature } rest }')).data.a).toEqual({
    id: 'a1',
    explanation: { contributions: [{ feature: 'seven' }], rest: 5 },
  })
  expect(codeOf(await ask('a1', 'explanation(first: 0) { rest }'))).toBe('BAD_USER_INPUT')
})

test('there is no explanation of a post that is not scored, or whose text is not in the log', async () => {
  gateway.files.add({ id: 'n1', subreddit: 'aa', createdUtc: 1_764_000_002 })
  for (const id of ['n1', 'a2']) {
    const { data, errors } = await ask(id)
    expect([data.a, errors]).toEqual([{ id, explanation: null }, undefined])
  }
})

test('a post that is erased after it was read is not explained', async () => {
  const { explainer } = gateway.context
  expect(await explainer.explain({ id: 'a1', model: 'serious-1' }, 1)).not.toBeNull()
  gateway.files.erase('a1')
  expect(await explainer.explain({ id: 'a1', model: 'serious-1' }, 1)).toBeNull()
})

test('only this field fails if the log does not answer or the score is of another scoring model', async () => {
  gateway.texts.isReachable = false
  const answer = await ask('a1')
  expect([answer.data.a, codeOf(answer)]).toEqual([{ id: 'a1', explanation: null }, 'LOG_UNAVAILABLE'])
  gateway.texts.isReachable = true
  gateway.files.add({ id: 'o1', subreddit: 'aa', createdUtc: 1_764_000_002, seriousness: 1, model: 'other-2' })
  const query = `{ subreddit(name: "aa", model: "other-2") { posts { nodes { id explanation { base } } } } }`
  const { data, errors } = await gateway.ask(query)
  expect(data.subreddit!.posts.nodes).toContainEqual({ id: 'o1', explanation: null })
  expect(errors).toMatchObject([
    { message: expect.stringMatching(/other-2.*serious-1/), extensions: { code: 'OTHER_MODEL' } },
  ])
})

test('explanations that would have to wait too long are refused, and those that wait are answered', async () => {
  const { explainer } = gateway.context
  const all = Array.from({ length: 600 }, () => explainer.explain({ id: 'a1', model: 'serious-1' }, 1))
  const settled = await Promise.allSettled(all)
  const refused = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as object] : []))
  expect(refused).toHaveLength(600 - 504)
  expect(refused[0]).toMatchObject({ extensions: { code: 'OVERLOADED' } })
  expect(await explainer.explain({ id: 'a1', model: 'serious-1' }, 1)).not.toBeNull()
})

test('an explanation that takes too long fails, and makes room for others', async () => {
  const never = async (): Promise<ExplainingModel> => ({
    name: 'serious-1',
    explain: (_, signal) =>
      new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason as Error))),
  })
  const { models } = gateway.context
  const model = new ModelFile({ folder: '', logger: pino({ level: 'silent' }), load: never })
  const explainer = new Explainer({ models, texts: gateway.texts, model, maxExplanationMs: 20 })
  const all = Array.from({ length: 20 }, () => explainer.explain({ id: 'a1', model: 'serious-1' }, 1))
  for (const { status, reason } of (await Promise.allSettled(all)) as PromiseRejectedResult[])
    expect([status, reason]).toMatchObject(['rejected', { extensions: { code: 'OVERLOADED' } }])
})

test('explanations whose clients have left are not computed', async () => {
  const signals: AbortSignal[] = []
  gateway.loadModel = async () => ({
    name: 'serious-1',
    explain: (_, signal) =>
      new Promise((_, reject) => {
        signals.push(signal!)
        signal!.addEventListener('abort', () => reject(signal!.reason as Error))
      }),
  })
  const explain = vi.spyOn(gateway.context.explainer, 'explain')
  const yoga = createGraphQLServer(gateway.context, silent)
  const server = createServer((request, response) => void yoga(request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const query = encodeURIComponent('{ post(id: "a1") { explanation { base } } }')
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/graphql?query=${query}`
  const headers = { accept: 'application/json' }
  const open = (clients: number, { signal }: AbortController) =>
    Array.from({ length: clients }, () => fetch(url, { headers, signal }))
  const resultsFrom = (first: number) =>
    Promise.allSettled(explain.mock.results.slice(first).map(({ value }) => value as Promise<unknown>))
  const [running, waiting] = [new AbortController(), new AbortController()]
  const clients = open(4, running)
  await vi.waitFor(() => expect(signals).toHaveLength(4), SETTLE)
  clients.push(...open(5, waiting))
  await vi.waitFor(() => expect(explain).toHaveBeenCalledTimes(9), SETTLE)
  const left = Promise.allSettled(clients)
  // Clients of waiting explanations leave first. Otherwise one of these may begin before its client has left.
  waiting.abort()
  await resultsFrom(4)
  running.abort()
  await left
  const answers = await resultsFrom(0)
  expect(answers).toEqual(
    answers.map(() =>
      expect.objectContaining({ reason: expect.objectContaining({ extensions: { code: 'CANCELLED' } }) }),
    ),
  )
  expect([signals.length, signals.every(({ aborted }) => aborted)]).toEqual([4, true])
  server.close()
})
