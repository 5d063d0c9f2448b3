/**
 * Repeats a step until the signal is aborted or a step fails. In either case it saves at the end.
 * @throws the errors of a step and of saving, but not the error of a step that was stopped by the signal
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
