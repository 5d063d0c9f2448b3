import { OperationalError } from '../../schema/runtime/errors.ts'
import type { ModelManifest } from './model-manifest.ts'
import type { Settings } from './text-tokenizer.ts'

const SERIOUS = new Set(['serious'])
const UNSERIOUS = new Set(['unserious', 'not serious', 'non serious', 'nonserious'])

/** Reads the seriousness from a row of a graph's output, which has one value for each class. */
export type ClassReader = (row: ArrayLike<number>) => number

/**
 * Decides how a graph's classes become a seriousness: by `model.json`, or else by the labels of `config.json`.
 * @param classes the number of values that the graph gives for each post
 * @throws OperationalError that says what to write into `model.json`
 */
export function readClasses(manifest: ModelManifest, config: Settings, classes: number): ClassReader {
  const labels = labelsOf(config, classes)
  const { isInverted, chosen } = chooseClasses(manifest, labels, classes)
  const activation = manifest.activation ?? defaultActivation(config, classes)
  if (activation === 'softmax' && classes === 1)
    throw refusal('"activation": "softmax" needs two classes. For one class, use "sigmoid" or "none"')
  if (activation === 'sigmoid' && chosen.length > 1)
    throw refusal(`with "activation": "sigmoid" name one class, not ${chosen.length}`)
  const activate = ACTIVATIONS[activation]
  return (row) => {
    const probability = Math.min(1, Math.max(0, activate(row, chosen)))
    if (Number.isNaN(probability)) throw new Error('its output is not a number')
    return isInverted ? 1 - probability : probability
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** The probability of the chosen classes together, for each activation. */
const ACTIVATIONS = {
  softmax: (row: ArrayLike<number>, chosen: readonly number[]) => {
    const highest = Math.max(...Array.from(row))
    const weights = Array.from(row, (logit) => Math.exp(logit - highest))
    return sum(chosen.map((index) => weights[index]!)) / sum(weights)
  },
  sigmoid: (row: ArrayLike<number>, chosen: readonly number[]) => 1 / (1 + Math.exp(-row[chosen[0]!]!)),
  none: (row: ArrayLike<number>, chosen: readonly number[]) => sum(chosen.map((index) => row[index]!)),
}

function defaultActivation(config: Settings, classes: number): keyof typeof ACTIVATIONS {
  if (config['problem_type'] === 'regression')
    throw refusal('config.json calls it a regression: write "activation": "none" for outputs from 0 to 1, or "sigmoid"')
  return classes === 1 || config['problem_type'] === 'multi_label_classification' ? 'sigmoid' : 'softmax'
}

function chooseClasses({ serious, unserious }: ModelManifest, labels: readonly string[], classes: number) {
  if (serious !== undefined && unserious !== undefined) throw refusal('name "serious" or "unserious", not both')
  const named = serious ?? unserious
  if (named !== undefined) {
    const chosen = [named].flat().map((name) => indexOf(name, labels, classes))
    return { isInverted: unserious !== undefined, chosen: [...new Set(chosen)] }
  }
  if (classes === 1) return { isInverted: false, chosen: [0] }
  const find = (names: ReadonlySet<string>): number =>
    labels.findIndex((label) => names.has(label.toLowerCase().replaceAll(/[_-]/g, ' ')))
  if (find(SERIOUS) !== -1) return { isInverted: false, chosen: [find(SERIOUS)] }
  if (find(UNSERIOUS) !== -1) return { isInverted: true, chosen: [find(UNSERIOUS)] }
  throw refusal(
    `say which of its ${classes} classes is the serious one, as "serious": "LABEL", or "unserious": "LABEL"; a number or a list is allowed too. ${describe(labels)}`,
  )
}

function indexOf(name: string | number, labels: readonly string[], classes: number): number {
  const index =
    typeof name === 'number' ? name : labels.findIndex((label) => label.toLowerCase() === name.toLowerCase())
  if (index >= 0 && index < classes) return index
  throw refusal(`there is no class ${JSON.stringify(name)} among the ${classes} of the graph. ${describe(labels)}`)
}

/** The labels of the classes by index, from `id2label` or `label2id`; an empty string for a class without a label. */
function labelsOf(config: Settings, classes: number): string[] {
  const byId = Object.entries((config['id2label'] ?? {}) as Settings)
  const byLabel = Object.entries((config['label2id'] ?? {}) as Settings).map(([label, id]) => [String(id), label])
  const names = new Map<string, unknown>([...byLabel, ...byId] as [string, unknown][])
  return Array.from({ length: classes }, (_, index) => {
    const label = names.get(String(index))
    return typeof label === 'string' ? label : ''
  })
}

const describe = (labels: readonly string[]): string =>
  labels.every((label) => label === '')
    ? 'There is no config.json with labels; classes count from 0.'
    : `Labels by config.json: ${labels.map((label, index) => `${index} ${label}`).join(', ')}.`

const refusal = (what: string): OperationalError => new OperationalError(`model.json: ${what}`)
