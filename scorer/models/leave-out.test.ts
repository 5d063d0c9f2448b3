import { expect, test } from 'vitest'
import { leaveOut } from './leave-out.ts'

test('each different word is left out wherever it stands', () => {
  expect(leaveOut('Why the cat?\n\nwhy THE')).toEqual([
    { feature: 'why', text: ' the cat?\n\n THE' },
    { feature: 'the', text: 'Why  cat?\n\nwhy ' },
    { feature: 'cat', text: 'Why the ?\n\nwhy THE' },
    { feature: '?', text: 'Why the cat\n\nwhy THE' },
  ])
  expect(leaveOut(' \n')).toEqual([])
})

test('beyond 64 words the others are left out together', () => {
  const words = Array.from({ length: 100 }, (_, index) => `w${index}`)
  const parts = leaveOut(words.join(' '))
  expect(parts).toHaveLength(65)
  expect(parts[64]!.feature).toBe('rest: 36 further words')
  expect(parts[64]!.text.trim()).toBe(words.slice(0, 64).join(' '))
})
