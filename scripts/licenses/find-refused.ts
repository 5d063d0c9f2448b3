import type { LockedPackage } from './locked-packages.ts'

/** Licences that ask for no more than a notice. */
const ALLOWED = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'Python-2.0',
  'Unlicense',
  'Zlib',
])
/** Licences of tools that are used unchanged and are not part of what runs: a CSS compiler and tables of browsers. */
const ALLOWED_FOR_TOOLS = new Set(['MPL-2.0', 'CC-BY-4.0'])

/** The packages whose licence is not on the allow-list. A package without a licence is refused. */
export const findRefused = (packages: readonly LockedPackage[]): LockedPackage[] =>
  packages.filter((one) => !isAllowed(one.license, one.isTool))

/** Reads SPDX expressions of the forms `A`, `(A OR B)` and `(A AND B)`. */
function isAllowed(license: string, isTool: boolean): boolean {
  const has = (name: string): boolean => ALLOWED.has(name) || (isTool && ALLOWED_FOR_TOOLS.has(name))
  const alternatives = license.replaceAll(/[()]/g, '').split(' OR ')
  return alternatives.some((parts) => parts.split(' AND ').every(has))
}
