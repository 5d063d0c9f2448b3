import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { findRefused } from './find-refused.ts'
import { readLockedPackages, type LockedPackage } from './locked-packages.ts'
import { toSbom } from './to-sbom.ts'

test('every package has an allowed licence and a checksum, and is downloaded from the registry of the user', async () => {
  const packages = await readLockedPackages()
  expect(packages.length).toBeGreaterThan(100)
  expect(findRefused(packages)).toEqual([])
  expect(packages.filter(({ integrity }) => !integrity?.startsWith('sha512-'))).toEqual([])
  expect(packages.filter(({ resolved }) => resolved !== undefined)).toEqual([])
})

test('no package runs a script when it is installed', async () => {
  expect(await readFile('.npmrc', 'utf8')).toMatch(/^ignore-scripts=true$/m)
  const withScript = (await readLockedPackages()).filter(({ hasInstallScript }) => hasInstallScript)
  // Its script downloads libraries for GPUs, which are not used.
  expect(withScript.map(({ path }) => path)).toEqual(['node_modules/onnxruntime-node'])
})

test.each([
  ['MIT', false, true],
  ['(MIT OR GPL-3.0-only)', false, true],
  ['(MIT AND GPL-3.0-only)', false, false],
  ['GPL-3.0-only', true, false],
  ['MPL-2.0', true, true],
  ['MPL-2.0', false, false],
  ['none', true, false],
])('the licence %s (of a tool: %s) is allowed: %s', (license, isTool, expected) => {
  const one = { path: '', version: '', license, isTool, integrity: '', resolved: undefined, hasInstallScript: false }
  expect(findRefused([one satisfies LockedPackage])).toHaveLength(expected ? 0 : 1)
})

test('the bill of materials lists packages with checksums and licences, and the programs that are fetched', async () => {
  const packages = await readLockedPackages()
  const { components } = (await toSbom()) as { components: { name: string; purl: string; licenses?: object[] }[] }
  const pino = packages.find(({ path }) => path === 'node_modules/pino')
  expect(components.find(({ purl }) => purl === `pkg:npm/pino@${pino?.version}`)).toMatchObject({
    licenses: [{ license: { id: 'MIT' } }],
    hashes: [{ alg: 'SHA-512' }],
  })
  expect(components.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['nats-server', 'node', 'onnxruntime-node']),
  )
})
