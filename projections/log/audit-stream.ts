import type { JetStreamManager, StreamState } from '@nats-io/jetstream'
import type { StreamName } from '../../schema/streams.ts'
import type { LostEvents } from '../file/lost-events.ts'
import type { ErasedSequences } from './erased-sequences.ts'
import { toRanges, type SequenceRange } from '../file/sequence-ranges.ts'

export interface AuditedStream {
  readonly jsm: JetStreamManager
  readonly stream: StreamName
  /** The last sequence to look at. A follower of a whole stream itself finds what is missing behind its checkpoint. */
  readonly upTo: number
  readonly erased: ErasedSequences
  readonly lost: LostEvents
}

/**
 * Finds events that the log lost after they were applied, which nobody would notice before a rebuild. A stream begins
 * at sequence 1, so its last sequence less its messages is the number of missing ones. If these are not as many as
 * erasures name and as are recorded as lost, the missing sequences are looked at one by one: during an erasure, some
 * are named and not missing yet.
 * @returns the lost events that were not recorded before
 * @throws when the log does not answer
 */
export async function auditStream({ jsm, stream, upTo, erased, lost }: AuditedStream): Promise<SequenceRange[]> {
  const { state } = await jsm.streams.info(stream)
  // What is missing in the state was named before that, so the erasures have to be read after it.
  await erased.readNew()
  const last = state.last_seq
  if (countMissing(state) === erased.countUpTo(stream, last) + lost.countUpTo(stream, last)) return []
  const { state: details } = await jsm.streams.info(stream, { deleted_details: true })
  await erased.readNew()
  const inside = erased.unnamedOf(
    stream,
    (details.deleted ?? []).filter((sequence) => sequence <= upTo),
  )
  const before = erased.unnamed(stream, 1, Math.min(upTo, details.first_seq - 1))
  return lost.record(stream, [...before, ...toRanges(inside)])
}

const countMissing = ({ last_seq: last, messages }: StreamState): number => last - messages
