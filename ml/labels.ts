import { readFile } from 'node:fs/promises'
import { parse } from 'csv-parse/sync'
import { plainPostId } from '../schema/post-id.ts'
import { ConfigurationError } from '../schema/runtime/errors.ts'

/** A person's judgement of a community or a post. */
export interface Label {
  /** 0 is banter, 1 is serious. A value in between is used in training, but not to evaluate a model. */
  readonly seriousness: number
  /** How much it counts in training, above 0 to 1; less for a label that was given without a close look. */
  readonly weight: number
}

/** The label of a post has precedence over that of its subreddit. Names and ids are in lower case. */
export interface Labels {
  readonly subreddits: Map<string, Label>
  readonly posts: Map<string, Label>
}

/** The words for labels. Their values are a little above 0 and below 1, which keeps the weights of the model small. */
const WORDS: Readonly<Record<string, number>> = { serious: 0.97, unserious: 0.03 }
const CLEARLY = 0.1
const HEADERS = new Set(['subreddit,label', 'id,label', 'subreddit,label,weight', 'id,label,weight'])

/** Whether a label says serious; undefined if it is not clearly of one class. */
export function classOf(label: Label | undefined): boolean | undefined {
  if (label === undefined || (label.seriousness > CLEARLY && label.seriousness < 1 - CLEARLY)) return undefined
  return label.seriousness > 0.5
}

/**
 * Reads CSV files with the header `subreddit,label` or `id,label`, each with or without a third column `weight`. A label is
 * `serious`, `unserious`, or a number from 0 to 1. A later file replaces labels of an earlier one.
 * @throws ConfigurationError naming what is wrong where
 */
export async function readLabels(files: readonly string[]): Promise<Labels> {
  const labels: Labels = { subreddits: new Map(), posts: new Map() }
  for (const file of files) {
    const [header = [], ...rows] = await readCsv(file)
    if (!HEADERS.has(header.join()))
      throw new ConfigurationError([
        `${file}: expected the header "subreddit,label" or "id,label", not "${header.join()}"`,
      ])
    const isWeighted = header.length === 3
    const target = header[0] === 'id' ? labels.posts : labels.subreddits
    for (const row of rows) {
      const [name, label] = toLabel(row, isWeighted) ?? []
      if (name === undefined || label === undefined)
        throw new ConfigurationError([
          `${file}: expected "name,serious", "name,unserious" or a number from 0 to 1${isWeighted ? ', and a weight above 0 to 1' : ''}, not "${row.join()}"`,
        ])
      target.set(plainPostId(name), label)
    }
  }
  return labels
}

function toLabel(row: readonly string[], isWeighted: boolean): [string, Label] | undefined {
  const [name = '', word = '', weight = '1'] = row
  if (name === '' || row.length !== (isWeighted ? 3 : 2)) return undefined
  const label = { seriousness: WORDS[word] ?? toNumber(word), weight: toNumber(weight) }
  return label.seriousness >= 0 && label.seriousness <= 1 && label.weight > 0 && label.weight <= 1
    ? [name, label]
    : undefined
}

/** The text as a number; NaN for any other text, including an empty one. */
const toNumber = (text: string): number => (text === '' ? Number.NaN : Number(text))

/** The rows of a small file. @throws ConfigurationError when it cannot be read, or is not CSV */
async function readCsv(file: string): Promise<string[][]> {
  try {
    return parse(await readFile(file), { bom: true, relaxColumnCount: true, skipEmptyLines: true, trim: true })
  } catch (cause) {
    throw new ConfigurationError([`Cannot read ${file}: ${(cause as Error).message}`], { cause })
  }
}

/** A serious subreddit and its parody, in lower case. */
export type Pair = readonly [serious: string, parody: string]

/** @throws ConfigurationError naming what is wrong where */
export async function readPairs(file: string): Promise<Pair[]> {
  const [header = [], ...rows] = await readCsv(file)
  const pairs = rows.map((row) => row.map((name) => name.toLowerCase()))
  const bad = pairs.findIndex((pair) => pair.length !== 2 || pair.includes(''))
  if (header.join() === 'serious,unserious' && bad === -1) return pairs as unknown as Pair[]
  const where = bad === -1 ? '' : `, not "${rows[bad]?.join()}"`
  throw new ConfigurationError([`${file}: expected the header "serious,unserious" and two subreddits a line${where}`])
}

/** Makes the function that gives the group of a subreddit. Subreddits that pairs connect, also indirectly, share one. */
export function groupPairs(pairs: readonly Pair[]): (subreddit: string) => string {
  const parents = new Map<string, string>()
  const rootOf = (name: string): string => {
    const parent = parents.get(name)
    return parent === undefined ? name : rootOf(parent)
  }
  for (const [one, other] of pairs) {
    const [from, to] = [rootOf(one), rootOf(other)]
    if (from !== to) parents.set(from, to)
  }
  return rootOf
}
