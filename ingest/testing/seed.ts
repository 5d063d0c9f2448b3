/** Returns a seed for property-based tests and prints it. `SEED=… npm test` repeats a failed run. */
export function shownSeed(): number {
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
  console.log(`seed ${seed}`)
  return seed
}
