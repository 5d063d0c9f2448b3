export interface StreamEvent {
  /** `next` or `complete` in GraphQL over server-sent events. */
  readonly name: string
  readonly data: string
}

/** Parses a `text/event-stream` whose lines end with `\n`, however it is cut into chunks. Comments are skipped. */
export class EventStreamParser {
  #rest = ''

  /** @returns the events that `chunk` completes */
  push(chunk: string): StreamEvent[] {
    const blocks = (this.#rest + chunk).split('\n\n')
    this.#rest = blocks.pop()!
    return blocks.map(toEvent).filter((event) => event !== undefined)
  }
}

function toEvent(block: string): StreamEvent | undefined {
  let name = 'message'
  const data: string[] = []
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':')
    const value = line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1))
    if (line.startsWith('event:')) name = value
    else if (line.startsWith('data:')) data.push(value)
  }
  return data.length === 0 ? undefined : { name, data: data.join('\n') }
}
