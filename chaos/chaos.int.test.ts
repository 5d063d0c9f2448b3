import { expect, test } from 'vitest'
import { runChaos } from './run-chaos.ts'

/** `npm run chaos -- --seed S` repeats the run. */
const SEED = process.env['CHAOS_SEED'] ?? '9'
const ROUNDS = 20

test('twenty random faults leave the figures right', { timeout: 300_000 }, async () => {
  const lines: string[] = []
  const isRight = await runChaos({ seed: SEED, rounds: ROUNDS, print: (line) => lines.push(line) })
  expect({ isRight, lines }).toMatchObject({ isRight: true })
})
