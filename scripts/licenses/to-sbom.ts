import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { RELEASE } from '../fetch-nats-server.ts'

const run = promisify(execFile)

interface Component {
  readonly type: 'application'
  readonly name: string
  readonly version: string
  readonly purl: string
  readonly licenses: readonly { readonly license: { readonly id: string } }[]
}

interface Sbom {
  readonly metadata: { readonly component: object }
  readonly components: readonly object[]
}

/**
 * Lists everything that Gravitas uses as a CycloneDX document: the npm packages with their checksums and licences, and the
 * programs that are fetched if the machine lacks them. Another nats-server or Node of the machine is not in the list.
 */
export async function toSbom(): Promise<object> {
  const { stdout } = await run('npm', ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx'], {
    maxBuffer: 2 ** 26,
  })
  const { name } = JSON.parse(await readFile('package.json', 'utf8')) as { name: string }
  const sbom = JSON.parse(stdout) as Sbom
  // npm names the folder, and takes every root for a library.
  const component = { ...sbom.metadata.component, name, type: 'application' }
  return {
    ...sbom,
    metadata: { ...sbom.metadata, component },
    components: [...sbom.components, ...(await fetchedPrograms())],
  }
}

async function fetchedPrograms(): Promise<Component[]> {
  const runtime = /^runtime_version=(\S+)$/m.exec(await readFile('scripts/run', 'utf8'))?.[1] ?? ''
  return [
    toComponent('nats-server', RELEASE, `pkg:github/nats-io/nats-server@v${RELEASE}`, 'Apache-2.0'),
    toComponent('node', runtime, `pkg:github/nodejs/node@v${runtime}`, 'MIT'),
  ]
}

const toComponent = (name: string, version: string, purl: string, id: string): Component => ({
  type: 'application',
  name,
  version,
  purl,
  licenses: [{ license: { id } }],
})
