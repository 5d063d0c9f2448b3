import { join } from 'node:path'
import { READ_MODEL_NAMES } from '../../schema/read-models.ts'
import { gatewayProgram, workerPrograms } from '../../scripts/service-programs.ts'
import type { StartConfig } from '../../scripts/start-config.ts'
import type { Program } from '../../scripts/supervisor.ts'

export const NATS_SERVER = 'nats-server'
export const GATEWAY = 'gateway'
export const SCORER = 'scorer'
export const ERASER = 'eraser'
export const PROJECTORS: readonly string[] = READ_MODEL_NAMES.map((name) => `projector ${name}`)
/** Every process that connects to NATS. */
export const SERVICES: readonly string[] = [GATEWAY, SCORER, ERASER, ...PROJECTORS]

const CLOCK = './chaos/system/jumping-clock.ts'

export interface ServiceSettings {
  readonly config: StartConfig
  readonly logDir: string
  /** The file with the milliseconds by which a service's clock is wrong. */
  readonly clockFile: (name: string) => string
  /** The URL at which a service reaches NATS. */
  readonly natsUrl: (name: string) => string
}

/** The services as `npm start` starts them, each with its own URL of NATS and a clock that can jump. */
export function servicePrograms({ config, logDir, clockFile, natsUrl }: ServiceSettings): Program[] {
  return [gatewayProgram(config), ...workerPrograms(config)].map((program) => {
    const { name, args } = program
    // The eraser's own pauses are minutes long.
    const changed = args.map((arg) => (arg === 'erasure/main.ts' ? 'chaos/system/eager-eraser.ts' : arg))
    const env = {
      ...program.env,
      NATS_URL: natsUrl(name),
      DATA_DIR: config.dataDir,
      LOG_LEVEL: config.logLevel,
      CHAOS_CLOCK: clockFile(name),
    }
    return toLogged({ ...program, env, args: ['--import', CLOCK, ...changed], onStart: () => {} }, logDir)
  })
}

/** The same program with its output in a file. `exec` gives it the process id of the shell. */
function toLogged(program: Program, logDir: string): Program {
  const { name, command, args } = program
  const file = join(logDir, `${name.replaceAll(' ', '-')}.log`)
  return { ...program, command: '/bin/sh', args: ['-c', 'exec "$@" >>"$0" 2>&1', file, command, ...args] }
}
