import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { ConfigurationError } from './errors.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Where settings are read from; by default the process's environment and the `.env` file of the working folder. */
interface Sources {
  readonly env?: Environment
  readonly file?: string
}

/**
 * The process's environment. Settings that it lacks come from the `.env` file.
 * @param names only these settings are read, so that a process does not learn the secrets of others; by default all
 */
export function loadEnvironment(
  names?: readonly string[],
  { env = process.env, file = '.env' }: Sources = {},
): Environment {
  const all: Environment = existsSync(file) ? { ...parseEnv(readFileSync(file, 'utf8')), ...env } : env
  return names === undefined ? all : Object.fromEntries(names.map((name) => [name, all[name]]))
}

/**
 * Reads settings and collects every problem, so that a user can correct all of them at once. An empty value counts as unset.
 * Call {@link SettingsReader.done} last: it throws when anything was wrong.
 */
export class SettingsReader {
  readonly #env: Environment
  readonly #problems: string[] = []

  constructor(env: Environment) {
    this.#env = env
  }

  string(name: string, fallback: string): string {
    return this.#env[name] || fallback
  }

  optional(name: string): string | undefined {
    return this.#env[name] || undefined
  }

  /** A path; a relative one starts from the working folder. */
  path(name: string, fallback: string): string {
    return resolve(this.string(name, fallback))
  }

  integer(name: string, fallback: number, { min, max }: { min: number; max: number }): number {
    const raw = this.optional(name)
    if (raw === undefined) return fallback
    const value = Number(raw)
    if (/^-?\d+$/.test(raw) && value >= min && value <= max) return value
    this.problem(`${name} must be a whole number from ${min} to ${max}, not "${raw}"`)
    return fallback
  }

  number(name: string, fallback: number, { min, max }: { min: number; max: number }): number {
    const raw = this.optional(name)
    if (raw === undefined) return fallback
    const value = Number(raw)
    if (Number.isFinite(value) && value >= min && value <= max) return value
    this.problem(`${name} must be a number from ${min} to ${max}, not "${raw}"`)
    return fallback
  }

  oneOf<const T extends readonly string[]>(name: string, fallback: T[number], values: T): T[number] {
    const raw = this.optional(name)
    if (raw === undefined || values.includes(raw)) return raw ?? fallback
    this.problem(`${name} must be one of ${values.join(', ')}, not "${raw}"`)
    return fallback
  }

  url(name: string, protocols: readonly string[]): string | undefined {
    const raw = this.optional(name)
    if (raw === undefined) return undefined
    if (URL.canParse(raw) && protocols.includes(new URL(raw).protocol)) return raw
    this.problem(`${name} must be a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}, not "${raw}"`)
    return undefined
  }

  /** Adds a problem. A problem that two readers find is listed once. */
  problem(text: string): void {
    if (!this.#problems.includes(text)) this.#problems.push(text)
  }

  /** @throws ConfigurationError naming every problem found */
  done<T extends object>(settings: T): Readonly<T> {
    if (this.#problems.length > 0) throw new ConfigurationError(this.#problems)
    return Object.freeze(settings)
  }
}
