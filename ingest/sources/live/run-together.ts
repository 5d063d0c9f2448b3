/** Runs several things until the signal is aborted; when one fails, all end. @throws what the first failed with */
export async function runTogether(
  signal: AbortSignal,
  runs: readonly ((signal: AbortSignal) => Promise<void>)[],
): Promise<void> {
  const failed = new AbortController()
  const either = AbortSignal.any([signal, failed.signal])
  const running = runs.map(async (run) => {
    try {
      await run(either)
    } finally {
      failed.abort()
    }
  })
  const results = await Promise.allSettled(running)
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
