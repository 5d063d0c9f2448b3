import { expect, test } from 'vitest'
import { dropMessages } from './drop-messages.ts'

const STREAM = [
  'INFO {"server_id":"x"}\r\n',
  'MSG changes.hourly 1 5\r\nMSG a\r\n',
  'MSG models.promoted 2 _INBOX.x 4\r\n\r\n\r\n\r\n',
  'HMSG changes.posts 1 12 14\r\nNATS/1.0\r\n\r\nok\r\n',
  'PING\r\n',
]
const KEPT = [STREAM[0], STREAM[2], STREAM[4]].join('')

test('only messages of the subject are removed, wherever the bytes are divided', () => {
  const bytes = Buffer.from(STREAM.join(''))
  for (let size = 1; size <= bytes.length; size++) {
    let dropped = 0
    const filter = dropMessages('changes.', () => dropped++)
    let passed = ''
    for (let at = 0; at < bytes.length; at += size) passed += filter(bytes.subarray(at, at + size)).toString()
    expect({ size, passed, dropped }).toEqual({ size, passed: KEPT, dropped: 2 })
  }
})
