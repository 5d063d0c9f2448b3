import { READ_MODEL_NAMES } from '../schema/read-models.ts'
import { PROCESS_SETTINGS, type ProcessKind } from '../schema/runtime/process-settings.ts'
import { pick } from './child-environment.ts'
import { GATEWAY_FLAGS, GATEWAY_MEMORY, NODE_FLAGS } from './node-flags.ts'
import { recordProcess } from './process-records.ts'
import type { StartConfig } from './start-config.ts'
import type { Program } from './supervisor.ts'

/** A process of Gravitas's own. */
export interface ServiceProgram extends Program {
  /** The folders of its source files, for those who want to know when the process is out of date. */
  readonly sources?: readonly string[]
}

/** The folder that every process imports. */
const SHARED_FOLDER = 'schema'

export function gatewayProgram(config: StartConfig): ServiceProgram {
  // The gateway reads the read models with the projections' queries, and explains scores with the scorer's code.
  const sources = ['gateway', 'projections', 'scorer']
  const gateway = toService(config, {
    kind: 'gateway',
    name: 'gateway',
    file: 'gateway/main.ts',
    flags: GATEWAY_FLAGS,
    sources,
  })
  // The gateway reports a missing source only if it knows which one should run. SOURCE may be unset, which means demo.
  const { host, port, source } = config
  return { ...gateway, env: { ...gateway.env, ...GATEWAY_MEMORY, HOST: host, PORT: String(port), SOURCE: source } }
}

/** The processes that read or write the streams, which must exist before. */
export function workerPrograms(config: StartConfig): ServiceProgram[] {
  const projectors = READ_MODEL_NAMES.map((name) =>
    toService(config, {
      kind: 'projector',
      name: `projector ${name}`,
      file: 'projections/main.ts',
      args: [name],
      sources: ['projections'],
    }),
  )
  const scorer = toService(config, { kind: 'scorer', name: 'scorer', file: 'scorer/main.ts', sources: ['scorer'] })
  // It runs with every source, because any publisher may record an erasure, and so may the source of an earlier start have done.
  const eraser = toService(config, { kind: 'eraser', name: 'eraser', file: 'erasure/main.ts', sources: ['erasure'] })
  const readers = [...projectors, scorer, eraser]
  if (config.source === 'none') return readers
  const ingest = toService(config, { kind: 'ingest', name: 'ingest', file: 'ingest/main.ts', sources: ['ingest'] })
  return [...readers, { ...ingest, mayFinish: true }]
}

interface ServiceFiles {
  readonly kind: ProcessKind
  readonly name: string
  readonly file: string
  readonly args?: readonly string[]
  readonly flags?: readonly string[]
  readonly sources: readonly string[]
}

function toService(
  config: StartConfig,
  { kind, name, file, args = [], flags = NODE_FLAGS, sources }: ServiceFiles,
): ServiceProgram {
  const { natsUrl, dataDir } = config
  return {
    name,
    command: process.execPath,
    args: [...flags, file, ...args],
    env: { ...pick(process.env, PROCESS_SETTINGS[kind]), NODE_ENV: 'production', NATS_URL: natsUrl },
    watchesLauncher: true,
    sources: [SHARED_FOLDER, ...sources],
    onStart: (pid) => recordProcess(dataDir, name, pid),
  }
}
