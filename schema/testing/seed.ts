/** Returns a seed for property-based tests and prints it. `SEED=… npm test` repeats a failed run. */
export function shownSeed(): number {
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
  console.log(`seed ${seed}`)
  return seed
}

/**
 * How many scenarios a property-based test plays. A run of all tests plays few, because each takes seconds;
 * `PROPERTY_RUNS=20 npm test -- ingest` plays twenty times as many.
 */
export const propertyRuns = (count: number): number => count * Number(process.env['PROPERTY_RUNS'] ?? 1)
