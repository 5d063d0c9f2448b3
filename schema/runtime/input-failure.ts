/** A file is not one of posts, or would take too much memory. The message completes the sentence "The file …". */
export class InputRefusedError extends Error {
  override name = 'InputRefusedError'
}

/** The option with which the user allows frames that take much memory. */
export const LONG_OPTION = [
  '--long',
  'reads zstd files that were made with --long, as the monthly dumps of Reddit are; takes up to 2.2 GB of memory',
] as const

const TRUNCATED = 'Z_BUF_ERROR'
const WINDOW_TOO_LARGE = 'ZSTD_error_frameParameter_windowTooLarge'

/**
 * Says why a file cannot be read to its end. The words complete the sentence "The file …".
 * @returns undefined for an error that is not about the content of the file
 */
export function describeInputFailure(error: unknown): string | undefined {
  const { code, message } = error as NodeJS.ErrnoException
  if (error instanceof InputRefusedError) return message
  if (code === TRUNCATED) return 'is truncated'
  if (code === WINDOW_TOO_LARGE)
    return 'has a zstd window of more than 128 MiB, and reading it takes up to 2.2 GB of memory: add --long to allow this'
  return code !== undefined && /^(Z_|ZSTD_)/.test(code) ? `is damaged (${message})` : undefined
}
