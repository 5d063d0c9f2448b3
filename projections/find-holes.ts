import type { JetStreamManager } from '@nats-io/jetstream'
import type { StreamName } from '../schema/streams.ts'
import { readErasedSequences } from './recorded-erasures.ts'

/** A range of sequences, both ends inclusive. */
export type SequenceRange = readonly [number, number]

/**
 * Tells lost sequences of a stream from erased ones. A message deleted on purpose is on the stream's own list of deleted
 * ones; a damaged record that the server skips is not. That list has nothing of what lay before the stream's first message:
 * there, only what a PostErased names was erased, and the rest was purged.
 */
export class HoleFinder {
  readonly #jsm: JetStreamManager
  readonly #stream: StreamName
  /** As of the last look, ascending: a replay meets many erasures and asks once. The list only grows, so it is kept small. */
  #deleted = new Float64Array()

  constructor(jsm: JetStreamManager, stream: StreamName) {
    this.#jsm = jsm
    this.#stream = stream
  }

  /** Which of the sequences first…last were lost, as ranges. */
  async find(first: number, last: number): Promise<SequenceRange[]> {
    if (this.#missing(first, last).length === 0) return []
    const { state } = await this.#jsm.streams.info(this.#stream, { deleted_details: true })
    const deleted = state.deleted ?? []
    if (first < state.first_seq) {
      const erased = await readErasedSequences(this.#jsm, this.#stream, first, Math.min(last, state.first_seq - 1))
      for (const sequence of erased) deleted.push(sequence)
    }
    // The log is followed upwards: nobody asks for what lies before.
    this.#deleted = Float64Array.from(deleted.filter((sequence) => sequence >= first)).sort()
    return this.#missing(first, last)
  }

  #missing(first: number, last: number): SequenceRange[] {
    const holes: [number, number][] = []
    let at = lowerBound(this.#deleted, first)
    for (let sequence = first; sequence <= last; sequence++) {
      while (at < this.#deleted.length && this.#deleted[at]! < sequence) at++
      if (this.#deleted[at] === sequence) continue
      const open = holes.at(-1)
      if (open !== undefined && open[1] === sequence - 1) open[1] = sequence
      else holes.push([sequence, sequence])
    }
    return holes
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
