import type { NatsConnection } from '@nats-io/transport-node'
import type { LogCopy } from '../check/replay.ts'
import type { History } from '../load/history.ts'
import type { Draw } from '../random.ts'
import type { System } from '../system/system.ts'

/** What a fault works with. */
export interface Round {
  readonly system: System
  readonly draw: Draw
  readonly history: History
  readonly log: LogCopy
  /** A connection as the administrator, without a proxy. */
  readonly connection: NatsConnection
  /** Checks of a fault that have to wait until the load is published and applied. */
  readonly afterwards: (() => Promise<void>)[]
}

/** One kind of fault. */
export interface Fault {
  readonly name: string
  /**
   * Causes the fault while the load is published, and ends it. It does nothing that the system has to do by itself, such
   * as the restart of a killed process.
   * @returns what was done, in a few words
   * @throws when an expected effect is missing, such as a problem in /readyz
   */
  readonly run: (round: Round) => Promise<string>
  /** The reason why the fault cannot be run on this system; undefined if it can. */
  readonly unavailable?: (system: System) => string | undefined
}
