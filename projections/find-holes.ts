import type { JetStreamManager } from '@nats-io/jetstream'
import type { StreamName } from '../schema/subjects.ts'
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
  /** As of the last look: a replay meets many erasures and asks once. */
  #deleted: ReadonlySet<number> = new Set()

  constructor(jsm: JetStreamManager, stream: StreamName) {
    this.#jsm = jsm
    this.#stream = stream
  }

  /** Which of the sequences first…last were lost, as ranges. */
  async find(first: number, last: number): Promise<SequenceRange[]> {
    if (this.#missing(first, last).length === 0) return []
    const { state } = await this.#jsm.streams.info(this.#stream, { deleted_details: true })
    this.#deleted = new Set(state.deleted ?? [])
    if (first < state.first_seq && this.#missing(first, last).length > 0) {
      const end = Math.min(last, state.first_seq - 1)
      this.#deleted = this.#deleted.union(await readErasedSequences(this.#jsm, this.#stream, first, end))
    }
    return this.#missing(first, last)
  }

  #missing(first: number, last: number): SequenceRange[] {
    const holes: [number, number][] = []
    for (let sequence = first; sequence <= last; sequence++) {
      if (this.#deleted.has(sequence)) continue
      const open = holes.at(-1)
      if (open !== undefined && open[1] === sequence - 1) open[1] = sequence
      else holes.push([sequence, sequence])
    }
    return holes
  }
}
