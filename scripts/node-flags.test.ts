import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { GATEWAY_FLAGS, GATEWAY_MEMORY } from './node-flags.ts'

test('npm run gateway starts the gateway with the same flags and memory settings as npm start', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
  const memory = Object.entries(GATEWAY_MEMORY).map(([name, value]) => `${name}=${value}`)
  // scripts/run adds --disable-warning itself.
  const flags = GATEWAY_FLAGS.filter((flag) => !flag.startsWith('--disable-warning'))
  expect(scripts['gateway']).toBe(`${memory.join(' ')} exec scripts/run ${flags.join(' ')} gateway/main.ts`)
})
