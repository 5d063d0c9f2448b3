import { expect, test } from 'vitest'
import { EventStreamParser } from './event-stream.ts'

test('events are parsed however the stream is cut into chunks, and comments are skipped', () => {
  const text =
    ':\n\nevent: next\ndata: {"a":1}\n\n:\n\nevent: next\ndata:{"a":2}\n\nevent: complete\ndata:\n\nevent: ne'
  for (let cut = 0; cut <= text.length; cut++) {
    const parser = new EventStreamParser()
    expect([...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut))]).toEqual([
      { name: 'next', data: '{"a":1}' },
      { name: 'next', data: '{"a":2}' },
      { name: 'complete', data: '' },
    ])
  }
})
