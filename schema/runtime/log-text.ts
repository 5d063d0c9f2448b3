import { stdSerializers } from 'pino'

const MAX_TEXT_LENGTH = 1_000
const MAX_STACK_LINES = 30
/** A line of a stack, and the line that begins the stack of a cause. */
const STACK_LINE = /^\s+at |^caused by: /

/**
 * A text for a log line. It may come from outside, so its length is limited, and it has no line breaks or other control
 * characters, which could look like further log lines or change a terminal.
 */
export function toLogText(text: string): string {
  const cut = text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH)}… (${text.length} characters)` : text
  return cut.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
}

/** The fields of a log line with their texts as {@link toLogText} makes them. Fields of objects are left as they are. */
export const toLogFields = (fields: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      typeof value === 'string' ? toLogText(value) : (value as unknown),
    ]),
  )

/** An error for a log line. Its stack has only the lines of calls, because the others repeat the message. */
export function toLoggedError(error: Error): object {
  const { stack, ...fields } = stdSerializers.err(error)
  const calls = stack.split('\n').filter((line) => STACK_LINE.test(line))
  return { ...toLogFields(fields), stack: calls.slice(0, MAX_STACK_LINES).map(toLogText).join('\n') }
}
