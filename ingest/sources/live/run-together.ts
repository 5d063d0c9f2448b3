/** Runs several tasks until the signal is aborted. When one of them ends or fails, all are stopped. @throws the first task's error */
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
