import type { Environment } from '../schema/runtime/environment.ts'

/** Variables of the system and of Node that every program may need. None of them holds a secret. */
const SYSTEM = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'TMPDIR',
  'TMP',
  'TEMP',
  'TZ',
  'LANG',
  'LANGUAGE',
  'TERM',
  'COLORTERM',
  'NO_COLOR',
  'FORCE_COLOR',
  'LD_LIBRARY_PATH',
  'XDG_CACHE_HOME',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_OPTIONS',
  'NODE_EXTRA_CA_CERTS',
  'NODE_USE_SYSTEM_CA',
  'NODE_V8_COVERAGE',
  'NODE_COMPILE_CACHE',
  'UV_THREADPOOL_SIZE',
]

/** The named variables of an environment that are set. */
export const pick = (env: Environment, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])))

/**
 * The environment of a program that the launcher starts, without the program's own settings. It is a list of what is
 * passed on, because the launcher's own environment and `.env` hold the secrets of all processes.
 */
export const systemEnvironment = (env: Environment): Record<string, string> =>
  pick(env, [...SYSTEM, ...Object.keys(env).filter((name) => name.startsWith('LC_'))])
