import { defineCommand, readArguments } from '../schema/runtime/command.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { findRefused } from './licenses/find-refused.ts'
import { readLockedPackages } from './licenses/locked-packages.ts'
import { toSbom } from './licenses/to-sbom.ts'

const command = defineCommand({
  name: 'licenses',
  summary: 'Lists the licences of all npm packages, and exits with 1 when one is not on the allow-list.',
  examples: [
    'npm run licenses',
    'npm run -s licenses -- --sbom > sbom.cdx.json    # a software bill of materials, in the format CycloneDX',
  ],
}).option('--sbom', 'prints every package with its version, checksum and licence as CycloneDX instead')

await runCommand(async (args) => {
  const { options } = readArguments<{ sbom?: true }>(command, args)
  if (options.sbom === true) return console.log(JSON.stringify(await toSbom(), null, 2))
  const packages = await readLockedPackages()
  const groups = Object.entries(Object.groupBy(packages, ({ license }) => license))
  for (const [license, members = []] of groups.toSorted(([, a = []], [, b = []]) => b.length - a.length))
    console.log(`${String(members.length).padStart(5)}  ${license}`)
  const refused = findRefused(packages)
  for (const { path, version, license } of refused)
    console.log(`${path} ${version} has the licence "${license}", which is not on the allow-list.`)
  if (refused.length === 0) return
  console.log('Use another package, or add the licence to scripts/licenses/find-refused.ts if it is acceptable.')
  process.exitCode = 1
})
