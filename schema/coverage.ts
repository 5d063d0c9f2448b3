import { nuid } from '@nats-io/transport-node'
import { encodeEvent, type HourCovered } from './events.ts'
import type { OutgoingMessage } from './runtime/publish.ts'
import { messageIds, subjects } from './subjects.ts'

/**
 * A report about an hour as a message for COVERAGE, ready for DurablePublisher.publish, which may repeat it safely: each
 * report has an id of its own. One made of its content would drop a report that goes back to earlier figures
 * within the stream's duplicate window.
 */
export const toCoverageMessage = (event: HourCovered): OutgoingMessage => ({
  subject: subjects.hourCovered(event.source),
  messageId: messageIds.hourCovered(event.source, event.subreddit, event.hour_utc, nuid.next()),
  payload: encodeEvent(event),
})
