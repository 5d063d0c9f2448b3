import fc from 'fast-check'
import { test } from 'vitest'
import { shownSeed } from './seed.ts'

const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 0)
const STANDARD_RUNS = 200
const SPARE_MS = 60_000

/**
 * Defines a test that calls `check` with random inputs, which must never throw. A run of all tests plays few inputs;
 * `FUZZ_SECONDS=60 npm test -- fuzz` plays for a minute in each of these tests. A failure prints its seed and the smallest
 * input that was found.
 */
export function fuzz<T>(
  name: string,
  input: fc.Arbitrary<T>,
  check: (input: T) => void | Promise<void>,
  runs = STANDARD_RUNS,
): void {
  const property = fc.asyncProperty(input, async (value) => check(value))
  const seconds = { numRuns: 2 ** 31 - 1, interruptAfterTimeLimit: SECONDS * 1_000, markInterruptAsFailure: false }
  const amount = SECONDS > 0 ? seconds : { numRuns: runs }
  test(name, () => fc.assert(property, { seed: shownSeed(), ...amount }), SECONDS * 1_000 + SPARE_MS)
}
