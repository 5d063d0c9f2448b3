import type { JetStreamManager } from '@nats-io/jetstream'
import type { StreamName } from '../../schema/streams.ts'
import { readErasedSequences } from './recorded-erasures.ts'

/** A range of sequences, both ends inclusive. */
export type SequenceRange = readonly [number, number]

/**
 * Distinguishes lost sequences of a stream from erased ones. A message that was deleted on purpose is on the stream's
 * own list of deleted ones; a damaged record that the server skips is not. That list does not reach back before the
 * stream's first message: there, a sequence counts as erased only if a PostErased names it.
 */
export class LostEventsFinder {
  readonly #jsm: JetStreamManager
  readonly #stream: StreamName
  /** Deleted sequences of the last answer, ascending. They are kept so that a replay with many erasures asks once. */
  #deleted = new Float64Array()

  constructor(jsm: JetStreamManager, stream: StreamName) {
    this.#jsm = jsm
    this.#stream = stream
  }

  /** Which of the sequences first…last are lost, as ranges. */
  async find(first: number, last: number): Promise<SequenceRange[]> {
    if (this.#missing(first, last).length === 0) return []
    const { state } = await this.#jsm.streams.info(this.#stream, { deleted_details: true })
    const deleted = state.deleted ?? []
    if (first < state.first_seq) {
      const erased = await readErasedSequences(this.#jsm, this.#stream, first, Math.min(last, state.first_seq - 1))
      for (const sequence of erased) deleted.push(sequence)
    }
    // The log is followed upwards: sequences before `first` are not asked for again.
    this.#deleted = Float64Array.from(deleted.filter((sequence) => sequence >= first)).sort()
    return this.#missing(first, last)
  }

  #missing(first: number, last: number): SequenceRange[] {
    const lost: [number, number][] = []
    let at = lowerBound(this.#deleted, first)
    for (let sequence = first; sequence <= last; sequence++) {
      while (at < this.#deleted.length && this.#deleted[at]! < sequence) at++
      if (this.#deleted[at] === sequence) continue
      const open = lost.at(-1)
      if (open !== undefined && open[1] === sequence - 1) open[1] = sequence
      else lost.push([sequence, sequence])
    }
    return lost
  }
}

/** Index of the first value that is not less than `wanted`. */
function lowerBound(ascending: Float64Array, wanted: number): number {
  let [low, high] = [0, ascending.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ascending[middle]! < wanted) low = middle + 1
    else high = middle
  }
  return low
}
