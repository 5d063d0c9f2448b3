import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const css = readFileSync(join(import.meta.dirname, 'app.css'), 'utf8')
const [light, dark] = css.split('@media (prefers-color-scheme: dark)').map(toTokens)

function toTokens(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/--([\w-]+): (#[0-9a-f]{3,6});/g)].map(([, name, value]) => [name, value]),
  )
}

/** The relative luminance as WCAG 2.2 defines it. */
function luminance(hex: string): number {
  const digits = hex.length === 4 ? hex.slice(1).replace(/./g, '$&$&') : hex.slice(1)
  const [red, green, blue] = [0, 2, 4].map((at) => {
    const value = Number.parseInt(digits.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
}

function contrast(one: string, other: string): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (high! + 0.05) / (low! + 0.05)
}

const SCHEMES = { light: light!, dark: dark! }
const BACKGROUNDS = ['page', 'raised', 'banner']
const GRAPHICS = ['control', 'live', 'banter', 'serious', 'series-a', 'series-b', 'series-c', 'series-d']

test.each(Object.entries(SCHEMES))('text and graphics have enough contrast with their background: %s', (_, tokens) => {
  const on = (background: string, names: readonly string[]) =>
    names.map((name) => ({ name, background, contrast: contrast(tokens[name]!, tokens[background]!) }))
  const texts = BACKGROUNDS.flatMap((background) => on(background, ['text', 'muted', 'accent']))
  expect(texts.filter((text) => text.contrast < 4.5)).toEqual([])
  expect(on('raised', GRAPHICS).filter((graphic) => graphic.contrast < 3)).toEqual([])
})
