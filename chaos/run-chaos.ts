import { runEra, ERA_ROUNDS, RoundFailedError, type RoundReport } from './run-era.ts'

export interface ChaosOptions {
  readonly seed: string
  readonly rounds: number
  /** The number of the first round, which begins with a new system. */
  readonly from?: number
  readonly only?: readonly string[] | undefined
  readonly isCluster?: boolean
  readonly print: (line: string) => void
}

/** Runs rounds of random faults. @returns whether every round passed its checks */
export async function runChaos({
  seed,
  rounds,
  from = 1,
  only,
  isCluster = false,
  print,
}: ChaosOptions): Promise<boolean> {
  const startMs = performance.now()
  let first = from
  let done = 0
  const onRound = (report: RoundReport): void => {
    done++
    print(toLine(report))
  }
  print(`seed ${seed}`)
  try {
    for (; first < from + rounds; first += ERA_ROUNDS) {
      await runEra({ seed, first, rounds: Math.min(ERA_ROUNDS, from + rounds - first), only, isCluster, onRound })
    }
    print(`${done} rounds without a failure in ${seconds(performance.now() - startMs)}`)
    return true
  } catch (error) {
    if (!(error instanceof RoundFailedError)) throw error
    print(`FAILED: ${error.message}`)
    print(`data and logs: ${error.folder}`)
    const names = (only ?? []).map((name) => ` --only ${JSON.stringify(name)}`).join('')
    print(
      `to repeat it: npm run chaos -- --seed ${seed} --from ${first} --rounds ${error.number - first + 1}${isCluster ? ' --cluster' : ''}${names}`,
    )
    return false
  }
}

const toLine = ({ number, fault, what, posts, seconds: s }: RoundReport): string =>
  `${String(number).padStart(4)}  ${fault.padEnd(36)} ${String(posts).padStart(6)} posts ${s.toFixed(1).padStart(5)} s  ${what}`

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(0)} s`
