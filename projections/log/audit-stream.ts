import type { JetStreamManager, StreamState } from '@nats-io/jetstream'
import { infoOfLeader } from '../../schema/replicas.ts'
import type { StreamName } from '../../schema/streams.ts'
import type { LostEvents } from '../file/lost-events.ts'
import type { ErasedSequences } from './erased-sequences.ts'
import { toRanges, type SequenceRange } from '../file/sequence-ranges.ts'

export interface AuditedStream {
  readonly jsm: JetStreamManager
  readonly stream: StreamName
  /** The last sequence to audit. A follower of a whole stream finds what is missing after its checkpoint by itself. */
  readonly upTo: number
  readonly erased: ErasedSequences
  readonly lost: LostEvents
}

/**
 * Finds events that the log lost after they were applied, which nobody would notice before a rebuild. A stream begins
 * at sequence 1, so its last sequence minus its number of messages is the number of missing messages. If this number
 * differs from that of the sequences that erasures name or that are recorded as lost, each missing sequence is examined.
 * The difference alone proves no loss, because an erasure names sequences before it deletes them.
 * @returns the lost events that were not recorded before
 * @throws when the log does not answer
 */
export async function auditStream({ jsm, stream, upTo, erased, lost }: AuditedStream): Promise<SequenceRange[]> {
  const { state } = await infoOfLeader(jsm, stream)
  // An erasure names sequences before it deletes them. So erasures that are read after the state name all that it deleted.
  await erased.readNew()
  const last = state.last_seq
  if (countMissing(state) === erased.countUpTo(stream, last) + lost.countUpTo(stream, last)) return []
  const { state: details } = await infoOfLeader(jsm, stream, { deleted_details: true })
  await erased.readNew()
  const inside = erased.unnamedOf(
    stream,
    (details.deleted ?? []).filter((sequence) => sequence <= upTo),
  )
  const before = erased.unnamed(stream, 1, Math.min(upTo, details.first_seq - 1))
  return lost.record(stream, [...before, ...toRanges(inside)])
}

const countMissing = ({ last_seq: last, messages }: StreamState): number => last - messages
