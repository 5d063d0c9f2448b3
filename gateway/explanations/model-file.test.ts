import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { codeOf, TestGateway } from '../testing/test-gateway.ts'
import { ModelFile, ModelLoadError, type ExplainingModel } from './model-file.ts'

const model: ExplainingModel = {
  name: 'serious-1',
  explain: async () => ({ seriousness: 0, base: 0, contributions: [] }),
}

test('a scoring model is loaded once, when it is first needed', async () => {
  let loads = 0
  const file = new ModelFile({ folder: 'm', logger: pino({ level: 'silent' }), load: async () => (loads++, model) })
  expect(loads).toBe(0)
  expect(await Promise.all([file.get(), file.get()])).toEqual([model, model])
  expect(await file.get()).toBe(model)
  expect(loads).toBe(1)
})

test('the name of a scoring model is known without loading it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gravitas-model-'))
  let loads = 0
  const file = new ModelFile({ folder, logger: pino({ level: 'silent' }), load: async () => (loads++, model) })
  expect(await file.name()).toBeUndefined()
  await writeFile(join(folder, 'model.json'), '{')
  expect(await file.name()).toBeUndefined()
  await writeFile(join(folder, 'model.json'), '{"name":"serious-7"}')
  expect(await file.name()).toBe('serious-7')
  expect(loads).toBe(0)
  await file.get()
  // The name is that of the loaded scoring model, whatever happens to the folder.
  expect(await file.name()).toBe('serious-1')
  await rm(folder, { recursive: true })
})

test('a failed load is logged once, and tried again half a minute later', async () => {
  const lines: string[] = []
  const logger = pino(new Writable({ write: (line: Buffer, _, done) => (lines.push(String(line)), done()) }))
  let nowMs = 0
  let isBroken = true
  const load = async (): Promise<ExplainingModel> => {
    if (isBroken) throw new Error('model.json is not JSON')
    return model
  }
  const file = new ModelFile({ folder: 'm', logger, load, nowMs: () => nowMs })
  const isFailing = (): Promise<void> => expect(file.get()).rejects.toBeInstanceOf(ModelLoadError)
  for (nowMs of [0, 1_000, 29_999]) await isFailing()
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain('model.json is not JSON')
  nowMs = 30_000
  await isFailing()
  expect(lines).toHaveLength(2)
  isBroken = false
  nowMs = 60_000
  expect(await file.get()).toBe(model)
})

test('without a scoring model only the field explanation fails', async () => {
  using gateway = new TestGateway()
  gateway.loadModel = () => Promise.reject(new Error('/secret/path is empty'))
  gateway.files.add({ id: 'a1', subreddit: 'aa', createdUtc: 1_764_000_000, seriousness: 5_000 })
  const answer = await gateway.ask(`{ a: post(id: "a1") { seriousness explanation { base } } }`)
  expect([answer.data.a, codeOf(answer)]).toEqual([{ seriousness: 0.5, explanation: null }, 'MODEL_UNAVAILABLE'])
  expect(JSON.stringify(answer)).not.toContain('secret')
})
