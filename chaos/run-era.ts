import { setTimeout as pause } from 'node:timers/promises'
import { checkCount, checkDeadLetters, checkReplays, missingLosses } from './check/check.ts'
import { checkErased } from './check/erased.ts'
import { checkGateway } from './check/gateway.ts'
import { untilReadiness } from './check/readiness.ts'
import { LogCopy } from './check/replay.ts'
import { settle } from './check/settle.ts'
import { drawFaults, FAULTS } from './faults/catalogue.ts'
import type { Fault, Round } from './faults/fault.ts'
import { generateLoad } from './load/generate-load.ts'
import { History } from './load/history.ts'
import { publishLoad } from './load/publish-load.ts'
import { Draw } from './random.ts'
import { ERASER } from './system/programs.ts'
import { System } from './system/system.ts'

/** After this many rounds a new system begins, because a long log makes replays slow and lost events stay lost. */
export const ERA_ROUNDS = 25
const READY_MS = 30_000
const SETTLE_MS = 60_000
const FIRST_PAUSE_MS = 400
/** After a full disk, a projector searches its file again within a minute. */
const ERASED_MS = 100_000

export interface RoundReport {
  readonly number: number
  readonly fault: string
  readonly what: string
  readonly posts: number
  readonly seconds: number
}

export interface EraOptions {
  readonly seed: string
  /** The number of the first round. */
  readonly first: number
  readonly rounds: number
  /** Only faults with these names; all by default. */
  readonly only?: readonly string[] | undefined
  /** Whether three nats-servers keep the log. */
  readonly isCluster?: boolean
  readonly onRound: (report: RoundReport) => void
}

/** A round failed. `folder` has its data and the logs of the processes. */
export class RoundFailedError extends Error {
  override name = 'RoundFailedError'
  readonly number: number
  readonly folder: string

  constructor(number: number, fault: string, folder: string, cause: unknown) {
    super(`round ${number} (${fault}): ${(cause as Error).message}`, { cause })
    this.number = number
    this.folder = folder
  }
}

/** Runs rounds on one system. @throws RoundFailedError after the first round that fails */
export async function runEra({ seed, first, rounds, only, isCluster = false, onRound }: EraOptions): Promise<void> {
  await using system = await System.start({ isCluster })
  const connection = await system.connect('admin')
  const history = await History.create()
  const log = new LogCopy(connection)
  const faults = drawFaults(new Draw(`${seed} ${first} faults`), chooseFaults(system, only))
  let now = { number: first, fault: 'the start' }
  const round = (number: number): Round => {
    return { system, history, log, connection, draw: new Draw(`${seed} ${number} fault`), afterwards: [] }
  }
  try {
    await runRound(round(first - 1), new Draw(`${seed} ${first} first load`), undefined)
    for (let number = first; number < first + rounds; number++) {
      const fault = faults.next().value
      now = { number, fault: fault.name }
      const startMs = performance.now()
      const { what, posts } = await runRound(round(number), new Draw(`${seed} ${number} load`), fault)
      onRound({ ...now, what, posts, seconds: (performance.now() - startMs) / 1_000 })
    }
    now = { ...now, fault: 'the end' }
    await finish(round(first + rounds))
  } catch (error) {
    system.folder.keep()
    throw new RoundFailedError(now.number, now.fault, system.folder.path, error)
  } finally {
    await connection.close()
  }
}

const chooseFaults = (system: System, only: readonly string[] | undefined): Fault[] =>
  FAULTS.filter(({ name, unavailable }) => {
    if (unavailable?.(system) !== undefined) return false
    return only === undefined || only.some((wanted) => name.includes(wanted))
  })

/** Causes a fault while load is published, waits until everything is applied, and compares. */
async function runRound(
  round: Round,
  loadDraw: Draw,
  fault: Fault | undefined,
): Promise<{ what: string; posts: number }> {
  const { system, draw, history, log, connection, afterwards } = round
  const chunks = generateLoad(loadDraw, history)
  const pauseMs = draw.number(0, FIRST_PAUSE_MS)
  const [what = ''] = await Promise.all([
    pause(pauseMs).then(() => fault?.run(round)),
    publishLoad(connection, history, loadDraw, chunks),
  ])
  await settle(connection, system.dataDir, SETTLE_MS)
  const posts = await checkCount(history, system.dataDir)
  await checkReplays(log, system.dataDir)
  await checkDeadLetters(history, connection)
  for (const check of afterwards) await check()
  await checkReadiness(round)
  await checkGateway(history, system.url)
  return { what, posts }
}

/** Waits until every lost event is recorded, and /readyz has no error except lost events. */
async function checkReadiness({ system, log }: Round): Promise<void> {
  const isLossExpected = log.lost.length + log.neverApplied.length > 0
  let missing: string[] = []
  await untilReadiness(system.url, isLossExpected ? 'lost-events only' : 'ready', READY_MS, ({ ready, problems }) => {
    if (!isLossExpected) return ready
    missing = missingLosses(log, system.dataDir)
    const errors = problems.filter(({ severity }) => severity !== 'warning')
    return missing.length === 0 && errors.length > 0 && errors.every(({ code }) => code === 'lost-events')
  }).catch((error: Error) => {
    throw missing.length === 0 ? error : new Error(`lost events are not recorded: ${missing.join(', ')}`)
  })
}

/**
 * Checks that nothing is left of erased posts. It starts the eraser again, because an eraser rests for a long time after
 * each pass.
 */
async function finish({ system, history }: Round): Promise<void> {
  await system.stop(ERASER)
  system.start(ERASER)
  await checkErased(history, system.dataDir, ERASED_MS)
}
