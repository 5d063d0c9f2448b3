import type { Filter } from './proxy.ts'

const LINE_END = Buffer.from('\r\n')
const NOTHING = Buffer.alloc(0)

/**
 * Removes the messages of some subjects from what a NATS server sends on one connection. The protocol has lines that end
 * with CRLF; `MSG subject sid [reply] bytes` and `HMSG subject sid [reply] header-bytes bytes` have a payload after them.
 * Source: https://docs.nats.io/reference/reference-protocols/nats-protocol
 * @param onDropped is called for each removed message
 */
export function dropMessages(prefix: string, onDropped: () => void): Filter {
  let pending: Buffer = NOTHING
  return (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    const passed: Buffer[] = []
    for (let length = frameLength(pending); length !== undefined; length = frameLength(pending)) {
      const frame = pending.subarray(0, length)
      pending = pending.subarray(length)
      if (subjectOf(frame)?.startsWith(prefix) === true) onDropped()
      else passed.push(frame)
    }
    return Buffer.concat(passed)
  }
}

/** The length of the first line with its payload; undefined while a part of it is missing. */
function frameLength(bytes: Buffer): number | undefined {
  const end = bytes.indexOf(LINE_END)
  if (end === -1) return undefined
  const line = bytes.toString('latin1', 0, end)
  const payload = /^H?MSG /i.test(line) ? Number(line.slice(line.lastIndexOf(' ') + 1)) + LINE_END.length : 0
  const length = end + LINE_END.length + payload
  return bytes.length < length ? undefined : length
}

function subjectOf(frame: Buffer): string | undefined {
  const line = frame.toString('latin1', 0, frame.indexOf(LINE_END))
  return /^H?MSG (\S+)/i.exec(line)?.[1]
}
