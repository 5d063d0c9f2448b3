import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { AdminGuard } from './admin-guard.ts'

const TOKEN = 'correct-horse-battery'
const withHeader = (authorization?: string) => ({ headers: { authorization } }) as IncomingMessage

/** A guard whose delays end when the test says so. */
function createGuard() {
  const delays: (() => void)[] = []
  const guard = new AdminGuard(TOKEN, () => new Promise<void>((resolve) => delays.push(resolve)))
  return { guard, delays }
}

test('only the token in the Authorization header is accepted', async () => {
  const guard = new AdminGuard(TOKEN, () => Promise.resolve())
  const statusOf = async (header?: string) => (await guard.check(withHeader(header), 'a'))?.status
  expect([await statusOf(`Bearer ${TOKEN}`), await statusOf(`bearer  ${TOKEN}`)]).toEqual([undefined, undefined])
  for (const wrong of [undefined, '', TOKEN, `Basic ${TOKEN}`, 'Bearer', `Bearer ${TOKEN}x`, `Bearer ${TOKEN} x`])
    expect(await statusOf(wrong)).toBe(401)
})

test('wrong tokens are answered late, and further attempts of the same client are refused meanwhile', async () => {
  const { guard, delays } = createGuard()
  const attempts = Array.from({ length: 4 }, () => guard.check(withHeader('Bearer wrong'), 'a'))
  expect((await guard.check(withHeader(`Bearer ${TOKEN}`), 'a'))?.status).toBe(429)
  expect(await guard.check(withHeader(`Bearer ${TOKEN}`), 'b')).toBeUndefined()
  for (const end of delays) end()
  expect((await Promise.all(attempts)).map((denial) => denial?.status)).toEqual([401, 401, 401, 401])
  expect(await guard.check(withHeader(`Bearer ${TOKEN}`), 'a')).toBeUndefined()
})
