import { readFile } from 'node:fs/promises'

/** An npm package as the lock file has it. */
export interface LockedPackage {
  /** Its folder, such as `node_modules/pino`. */
  readonly path: string
  readonly version: string
  /** An SPDX expression. */
  readonly license: string
  /** Whether only the build or the tests use it. */
  readonly isTool: boolean
  readonly integrity: string | undefined
  /** The address that it is downloaded from, if the lock file names one. */
  readonly resolved: string | undefined
  readonly hasInstallScript: boolean
}

interface LockEntry {
  readonly version?: string
  readonly license?: string
  readonly integrity?: string
  readonly resolved?: string
  readonly link?: true
  readonly dev?: true
  readonly devOptional?: true
  readonly hasInstallScript?: true
}

/** The packages of package-lock.json, in its version 3, without the workspaces of this repository. */
export async function readLockedPackages(file = 'package-lock.json'): Promise<LockedPackage[]> {
  const { packages } = JSON.parse(await readFile(file, 'utf8')) as { packages: Record<string, LockEntry> }
  return Object.entries(packages)
    .filter(([path, { link }]) => path.includes('node_modules/') && link !== true)
    .map(([path, entry]) => ({
      path,
      version: entry.version ?? '',
      license: entry.license ?? 'none',
      isTool: entry.dev === true || entry.devOptional === true,
      integrity: entry.integrity,
      resolved: entry.resolved,
      hasInstallScript: entry.hasInstallScript === true,
    }))
}
