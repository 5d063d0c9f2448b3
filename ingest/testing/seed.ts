/** A seed for a run of properties, shown so that a failure can be repeated: `SEED=… npm test`. */
export function shownSeed(): number {
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
  console.log(`seed ${seed}`)
  return seed
}
