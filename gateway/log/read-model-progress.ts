import type { ConsumerInfo } from '@nats-io/jetstream'
import { inputsOf, projectorConsumer, READ_MODELS, type ReadModelName } from '../../schema/read-models.ts'
import type { StreamName } from '../../schema/streams.ts'
import type { ReadModelFile } from '../read-models/read-model-file.ts'
import { LagTrend, type Trend } from './lag-trend.ts'
import type { LogStatus } from './log-status.ts'

/** How far a read model has applied the log. */
export interface ReadModelSample extends Trend {
  readonly name: ReadModelName
  /** The problem with its file, in words. */
  readonly problem: string | undefined
  readonly fileId: string | undefined
  readonly checkpoints: readonly { readonly stream: string; readonly sequence: number }[]
  readonly lostEvents: number
  /** Lost events that an operator accepted. */
  readonly acceptedLostEvents: number
  /** Events that it has not applied yet. */
  readonly lag: number
  /** Age of the oldest of them; 0 without a lag, undefined while it is not known. */
  readonly lagSeconds: number | undefined
  /** Streams that end before its checkpoint. */
  readonly aheadOf: readonly { readonly stream: StreamName; readonly applied: number; readonly lastSequence: number }[]
}

interface InputLag {
  readonly stream: StreamName
  readonly events: number
  readonly ageMs: number | undefined
}

type Sequences = Readonly<Record<string, number>>

const KEEP_MS = 10_000

/** Follows the progress of one read model. */
export class ReadModelProgress {
  readonly #name: ReadModelName
  readonly #file: ReadModelFile
  readonly #log: LogStatus
  /** One for each stream: a read model may keep up with one of them and not with another. */
  readonly #trends = new Map<StreamName, LagTrend>()
  /** The applied and the last sequence of each stream in the last ten seconds, oldest first. */
  #past: { readonly atMs: number; readonly applied: Sequences; readonly last: Sequences }[] = []

  constructor(name: ReadModelName, file: ReadModelFile, log: LogStatus) {
    this.#name = name
    this.#file = file
    this.#log = log
  }

  /** @param atMs the monotonic clock */
  sample(atMs: number): ReadModelSample {
    const { checkpoints, lostEvents, acceptedLostEvents, fileId } = this.#file.status ?? NO_STATUS
    const applied = Object.fromEntries(checkpoints.map(({ stream, sequence }) => [stream, sequence]))
    const lags = inputsOf(READ_MODELS[this.#name]).map(({ stream, filters }) =>
      filters === undefined
        ? this.#wholeLag(stream, applied[stream] ?? 0)
        : this.#filteredLag(stream, applied[stream] ?? 0, filters),
    )
    const lag = lags.reduce((sum, { events }) => sum + events, 0)
    const aheadOf = this.#findAhead()
    const last = Object.fromEntries(this.#log.streams.map((stream) => [stream.name, stream.lastSequence]))
    this.#past = [...this.#past.filter((past) => atMs - past.atMs < KEEP_MS), { atMs, applied, last }]
    const trends = lags.map(({ stream, events }) =>
      this.#trendOf(stream).add({ atMs, lag: events, applied: applied[stream] ?? 0 }),
    )
    const { problem } = this.#file
    const name = this.#name
    return {
      name,
      problem,
      fileId,
      checkpoints,
      lostEvents,
      acceptedLostEvents,
      lag,
      lagSeconds: toSeconds(lags),
      aheadOf,
      ...slowestOf(trends),
    }
  }

  #trendOf(stream: StreamName): LagTrend {
    const trend = this.#trends.get(stream) ?? new LagTrend()
    this.#trends.set(stream, trend)
    return trend
  }

  #wholeLag(stream: StreamName, applied: number): InputLag {
    const last = this.#lastSequence(stream) ?? 0
    if (last <= applied) return { stream, events: 0, ageMs: 0 }
    // An event that was not there at the last sample is not asked for: it may be applied before the next one.
    const isNew = (this.#past.at(-1)?.last[stream] ?? last) <= applied
    return { stream, events: last - applied, ageMs: isNew ? 0 : this.#log.ageMs(stream, applied + 1) }
  }

  /** Counts by the consumer, because the position does not tell how many of the remaining events the read model takes. */
  #filteredLag(stream: StreamName, applied: number, filters: readonly string[]): InputLag {
    const name = consumerOf({ name: this.#name, fileId: this.#file.status?.fileId })
    const consumer = this.#log.consumers.find((found) => found.stream_name === stream && found.name === name)
    const events = consumer === undefined ? 0 : waitingIn(consumer)
    if (events === 0) return { stream, events, ageMs: 0 }
    const ages = filters.map((filter) => this.#log.ageMs(stream, applied + 1, filter))
    return { stream, events, ageMs: ages.includes(undefined) ? undefined : Math.max(...(ages as number[])) }
  }

  /** Compares the last sequence of a stream with a checkpoint that was read earlier, because both advance all the time. */
  #findAhead(): ReadModelSample['aheadOf'] {
    return this.#log.samples.flatMap(({ name: stream, info, askedAtMs }) => {
      const applied = this.#past.findLast(({ atMs }) => atMs < askedAtMs)?.applied[stream]
      const lastSequence = info?.state.last_seq
      if (applied === undefined || lastSequence === undefined || applied <= lastSequence) return []
      return [{ stream, applied, lastSequence }]
    })
  }

  #lastSequence(stream: StreamName): number | undefined {
    return this.#log.streams.find(({ name }) => name === stream)?.lastSequence
  }
}

/** The name of a read model's consumers, one on each stream that it follows. */
export const consumerOf = ({ name, fileId = '' }: Pick<ReadModelSample, 'name' | 'fileId'>): string =>
  projectorConsumer(name, fileId)

const NO_STATUS = { checkpoints: [], lostEvents: 0, acceptedLostEvents: 0, fileId: undefined }

/** How many events a consumer has not delivered, or delivered without an acknowledgement. */
const waitingIn = ({ num_pending: pending, num_ack_pending: delivered }: ConsumerInfo): number => pending + delivered

/** A read model has caught up when it has caught up with all its streams. */
function slowestOf(trends: readonly Trend[]): Trend {
  const isCatchingUp = trends.every((trend) => trend.isCatchingUp)
  const etas = trends.flatMap(({ etaSeconds }) => etaSeconds ?? [])
  return { isCatchingUp, etaSeconds: isCatchingUp && etas.length > 0 ? Math.max(...etas) : undefined }
}

/** The age of the oldest event of all inputs. */
function toSeconds(lags: readonly InputLag[]): number | undefined {
  const ages = lags.map(({ ageMs }) => ageMs)
  const known = ages.filter((ageMs) => ageMs !== undefined)
  const isUnknown = known.length < ages.length && !known.some((ageMs) => ageMs > 0)
  return isUnknown ? undefined : Math.round(Math.max(0, ...known) / 1_000)
}
