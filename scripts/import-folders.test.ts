import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const SOURCES = [
  '{schema,ingest,erasure,scorer,projections,gateway,ml,scripts,bench,chaos}/**/*.ts',
  'web/src/**/*.{ts,svelte}',
]
/** Tests may import from everywhere, because nothing imports them. Generated types name types of the files that use them. */
const IGNORED = /\.test\.ts$|\/(testing|generated)\//
const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*'((?:\.|\$lib)[^']*)'/g

/** For each folder, the folders that its files import from, types included, each with one import as an example. */
type Imports = Map<string, Map<string, string>>

function readImports(): Imports {
  const imports: Imports = new Map()
  for (const file of globSync(SOURCES).filter((file) => !IGNORED.test(file))) {
    const folder = dirname(file)
    for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
      const target = path.startsWith('$lib') ? path.replace('$lib', 'web/src/lib') : join(folder, path)
      const to = dirname(target)
      if (isWithin(folder, to) || IGNORED.test(target)) continue
      const known = imports.get(folder) ?? new Map<string, string>()
      imports.set(folder, known.set(to, `${file} imports ${target}`))
    }
  }
  return imports
}

/** A file may import from the folders above its own, because their files are for everything below them. */
const isWithin = (folder: string, other: string): boolean => folder === other || folder.startsWith(`${other}/`)

/** Finds imports that lead from a folder back to it. @returns undefined if there are none */
function findCycle(imports: Imports, start: string): string[] | undefined {
  const queue: { folder: string; way: string[] }[] = [{ folder: start, way: [] }]
  const seen = new Set<string>()
  for (const { folder, way } of queue) {
    for (const [to, example] of imports.get(folder) ?? []) {
      if (to === start) return [...way, example]
      if (!seen.has(to)) queue.push({ folder: to, way: [...way, example] })
      seen.add(to)
    }
  }
  return undefined
}

test('no folder imports from itself through other folders', () => {
  const imports = readImports()
  expect(imports.get('scorer')?.has('scorer/models')).toBe(true)
  expect([...imports.keys()].map((folder) => findCycle(imports, folder)).filter(Boolean)).toEqual([])
})

test('a cycle is reported with the imports that make it', () => {
  const imports: Imports = new Map([
    ['a', new Map([['b', 'a/x imports b/x']])],
    ['b', new Map([['a/c', 'b/y imports a/c/y']])],
    ['a/c', new Map([['b', 'a/c/z imports b/z']])],
  ])
  expect(findCycle(imports, 'a')).toBeUndefined()
  expect(findCycle(imports, 'b')).toEqual(['b/y imports a/c/y', 'a/c/z imports b/z'])
})
