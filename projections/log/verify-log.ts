import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream'
import { digestOf } from '../../schema/digest.ts'
import { LogMismatchError } from '../../schema/runtime/errors.ts'
import type { StreamName } from '../../schema/streams.ts'
import type { Checkpoint } from '../file/checkpoint.ts'

const REBUILD = 'Delete the read model’s file to rebuild it from the log as it is now, or restore the log.'

/**
 * Compares a stream with what was recorded when the read model last followed it.
 * @throws LogMismatchError when it is another stream, went back to an older state, or holds another event at the checkpoint
 */
export async function verifyLog(
  jsm: JetStreamManager,
  stream: StreamName,
  info: StreamInfo,
  checkpoint: Checkpoint | undefined,
): Promise<void> {
  if (checkpoint === undefined || checkpoint.sequence === 0) return
  if (checkpoint.streamCreated !== info.created) {
    throw new LogMismatchError(
      stream,
      `was created at ${info.created}, but this read model was built from the one created at ${checkpoint.streamCreated}. ${REBUILD}`,
    )
  }
  if (info.state.last_seq < checkpoint.sequence) {
    throw new LogMismatchError(
      stream,
      `ends at sequence ${info.state.last_seq}, but this read model has applied ${checkpoint.sequence}: the log went back to an older state. ${REBUILD}`,
    )
  }
  const message = await jsm.streams.getMessage(stream, { seq: checkpoint.sequence })
  // A message that is gone was erased or lost. A message where none was recorded shows that its sequence was used again.
  if (message === null || digestOf(message.data) === checkpoint.digest) return
  throw new LogMismatchError(
    stream,
    `holds another event at sequence ${checkpoint.sequence} than the one that this read model applied. ${REBUILD}`,
  )
}
