import { statfsSync } from 'node:fs'
import { hostname } from 'node:os'
import { CurrentProblems, type Problem } from '../../schema/problems.ts'
import type { ReadModels } from '../read-models/read-models.ts'
import { DeadLetterCount } from './dead-letter-count.ts'
import { findProblems } from './find-problems.ts'
import { isOurs } from './find-process-problems.ts'
import type { LogStatus } from './log-status.ts'
import type { ProcessWatch } from './process-watch.ts'
import { ReadModelProgress } from './read-model-progress.ts'
import type { DiskSample, Sample } from './sample.ts'
import { ScoringProgress } from './scoring-progress.ts'
import type { ShownModel } from './shown-model.ts'
import { UnscoredPosts } from './unscored-posts.ts'

const SAMPLE_INTERVAL_MS = 500

export interface SamplerSources {
  readonly models: ReadModels
  readonly shown: ShownModel
  readonly log: LogStatus
  readonly processes: ProcessWatch
  readonly dataDir: string
  readonly source?: string | undefined
}

interface Taken {
  readonly sample: Sample
  readonly problems: readonly Problem[]
  /** When it was taken, by the monotonic clock. */
  readonly atMs: number
}

/**
 * Samples the state of the system twice a second, and finds the problems in it. Everything that shows the state reads the
 * last sample, so that `/readyz`, GraphQL, the pages and the metrics say the same.
 */
export class Sampler implements Disposable {
  readonly #sources: SamplerSources
  readonly #progress: readonly ReadModelProgress[]
  readonly #scoring: ScoringProgress
  readonly #deadLetters = new DeadLetterCount()
  readonly #unscored = new UnscoredPosts()
  #counts = { version: '', posts: 0, scored: 0 }
  readonly #current = new CurrentProblems()
  #latest: Taken | undefined
  #linkedAtMs: number | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(sources: SamplerSources) {
    this.#sources = sources
    const { models, log } = sources
    this.#scoring = new ScoringProgress(log)
    this.#progress = Array.from(models.files, ([name, file]) => new ReadModelProgress(name, file, log))
  }

  /** Samples regularly, even if nobody asks, because trends and durations are computed from the samples. */
  start(): void {
    this.#timer = setInterval(() => this.#take(), SAMPLE_INTERVAL_MS).unref()
  }

  get sample(): Sample {
    return this.#read().sample
  }

  /** Errors come before warnings, and older problems before newer ones. */
  get problems(): readonly Problem[] {
    return this.#read().problems
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #read(): Taken {
    const latest = this.#latest
    // A timer that is a little late does not matter.
    const isFresh = latest !== undefined && performance.now() - latest.atMs < 2 * SAMPLE_INTERVAL_MS
    return isFresh ? latest : this.#take()
  }

  #take(): Taken {
    const { shown, log, processes, dataDir, source } = this.#sources
    const atMs = performance.now()
    const streams = log.samples
    const scoring = this.#scoring.sample(atMs, shown.promoted)
    const readModels = this.#progress.map((progress) => progress.sample(atMs))
    const sample: Sample = {
      isConnected: log.isConnected,
      linkedMs: this.#linkedMs(atMs),
      streams,
      consumers: log.consumers,
      account: log.account,
      scoring,
      readModels,
      processes: processes.sample(),
      host: hostname(),
      source,
      promoted: shown.promoted,
      ignoredPromotion: shown.ignored,
      disk: readDisk(dataDir),
      unscoredPosts: this.#countUnscored(atMs, [scoring, ...readModels]),
      newDeadLetters: this.#deadLetters.add(atMs, streams.find(({ name }) => name === 'DEAD')?.info?.state.last_seq),
    }
    const problems = sortProblems([...this.#current.replace(findProblems(sample)), ...reportedBy(sample)])
    return (this.#latest = { sample, problems, atMs })
  }

  #countUnscored(atMs: number, work: readonly ({ readonly lag: number } | undefined)[]): number {
    const { models, shown } = this.#sources
    const isIdle = shown.promoted !== undefined && work.every((one) => one?.lag === 0)
    if (!isIdle) return this.#unscored.add(atMs, { posts: 0, scored: 0, isIdle })
    const version = `${models.version}${shown.promoted}`
    // The counts go through all subreddits, so they are taken only after a change.
    if (version !== this.#counts.version) this.#counts = { version, ...this.#count(shown.promoted) }
    return this.#unscored.add(atMs, { ...this.#counts, isIdle })
  }

  #count(model: string): { posts: number; scored: number } {
    const { posts, allTime } = this.#sources.models
    try {
      return { posts: posts.peek?.count() ?? 0, scored: allTime.peek?.total(model)?.posts ?? 0 }
    } catch {
      // A file that cannot be read is a problem of its own.
      return { posts: 0, scored: 0 }
    }
  }

  #linkedMs(atMs: number): number {
    const { log, processes } = this.#sources
    const isLinked = log.isConnected && log.samples.some(({ failure }) => failure === undefined)
    if (!isLinked) this.#linkedAtMs = undefined
    else if (this.#linkedAtMs === undefined) {
      this.#linkedAtMs = atMs
      processes.listenAgain()
    }
    return this.#linkedAtMs === undefined ? 0 : atMs - this.#linkedAtMs
  }
}

/** The problems that processes report in their heartbeats, without projectors of other files, which serve other gateways. */
function reportedBy(sample: Sample): Problem[] {
  if (sample.linkedMs === 0) return []
  const found = sample.processes
    .filter(({ state, heartbeat }) => state === 'running' && isOurs(sample, heartbeat))
    .flatMap(({ heartbeat }) => heartbeat.problems)
  return [...new Map(found.map((problem) => [`${problem.code} ${problem.what}`, problem])).values()]
}

const sortProblems = (problems: readonly Problem[]): Problem[] =>
  problems.toSorted((a, b) => a.severity.localeCompare(b.severity) || a.since.localeCompare(b.since))

function readDisk(folder: string): DiskSample | undefined {
  try {
    const { bavail, blocks, bsize } = statfsSync(folder)
    return { folder, freeBytes: bavail * bsize, totalBytes: blocks * bsize }
  } catch {
    return undefined
  }
}
