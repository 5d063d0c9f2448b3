import { pick, pickWeighted, type Random } from './random.ts'
import type { Register } from './registers/register.ts'

const SLOT = /\{([^{}]+)\}/g
const MAX_DEPTH = 6

/**
 * Fills a template. The text that fills a slot may contain slots itself.
 * @throws RangeError for a slot that the register does not have
 */
export function expand(random: Random, register: Register, template: string): string {
  let text = template
  for (let depth = 0; depth < MAX_DEPTH && text.includes('{'); depth++) {
    text = text.replaceAll(SLOT, (_, name: string) => fill(random, register, name))
  }
  return text
}

function fill(random: Random, register: Register, name: string): string {
  if (name.includes('|')) return pick(random, name.split('|'))
  const words = register.slots[name]
  if (words === undefined) throw new RangeError(`no slot named ${name}`)
  return pick(random, words)
}

export const capitalise = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** A template that can become few different titles is chosen less often, because its titles would soon repeat. */
const VARIETY_EXPONENT = 0.35
const titleWeights = new WeakMap<Register, readonly number[]>()

/** A title in a register's way of writing. */
export function writeTitle(random: Random, register: Register): string {
  let weights = titleWeights.get(register)
  if (weights === undefined) {
    weights = register.titles.map((template) => countForms(register, template) ** VARIETY_EXPONENT)
    titleWeights.set(register, weights)
  }
  return capitalise(expand(random, register, register.titles[pickWeighted(random, weights)]!))
}

function countForms(register: Register, template: string): number {
  let forms = 1
  for (const [, name] of template.matchAll(SLOT)) {
    forms *= name!.includes('|') ? name!.split('|').length : register.slots[name!]!.length
  }
  return forms
}
