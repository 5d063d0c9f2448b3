/**
 * Repeats a step until the signal is aborted, and saves once more whatever ended it.
 * @throws what a step or saving fails with; not what a step throws because it was stopped
 */
export async function untilStopped(
  signal: AbortSignal,
  step: () => Promise<void>,
  save: () => Promise<void>,
): Promise<void> {
  try {
    while (!signal.aborted) await step()
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    await save()
  }
}
