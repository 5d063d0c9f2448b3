import fc from 'fast-check'
import { shownSeed } from './seed.ts'

const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 0)
const STANDARD_RUNS = 200
if (!(SECONDS >= 0)) throw new Error('FUZZ_SECONDS must be a number of seconds, such as 60')

/**
 * Calls `check` with random inputs; a test fails if one of the calls throws. A run of all tests plays few inputs;
 * `FUZZ_SECONDS=60 npm test -- fuzz` plays for a minute in each of these tests. A failure prints its seed and the smallest
 * input that was found.
 */
export async function fuzz<T>(
  input: fc.Arbitrary<T>,
  check: (input: T) => void | Promise<void>,
  runs = STANDARD_RUNS,
): Promise<void> {
  const property = fc.asyncProperty(input, async (value) => check(value))
  const seconds = { numRuns: 2 ** 31 - 1, interruptAfterTimeLimit: SECONDS * 1_000, markInterruptAsFailure: false }
  await fc.assert(property, { seed: shownSeed(), ...(SECONDS > 0 ? seconds : { numRuns: runs }) })
}
