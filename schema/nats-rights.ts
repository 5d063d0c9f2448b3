import { deadSubject } from './dead-letters.ts'
import { subjectPattern, type EventType } from './events.ts'
import { heartbeatSubject } from './heartbeat.ts'
import { changesSubject, inputsOf, READ_MODEL_NAMES, readModel } from './read-models.ts'
import type { NatsUser } from './runtime/nats.ts'
import {
  COVERAGE,
  DEAD,
  MODELS,
  POSTS,
  SCORES,
  SOURCE_POSITIONS_BUCKET,
  STREAM_NAMES,
  type StreamName,
} from './streams.ts'

/** What a process does with the log. Its rights in nats.conf follow from it (nats-conf.test.ts compares them). */
interface Needs {
  /** The types of events that it publishes. */
  readonly publishes?: readonly EventType[]
  /** Further subjects that it publishes to. */
  readonly sends?: readonly string[]
  /** Subjects that it subscribes to, besides its inbox. */
  readonly hears?: readonly string[]
  /** Streams whose state it reads. */
  readonly looksAt?: readonly StreamName[]
  /** Streams whose leader it asks for single messages. */
  readonly gets?: readonly StreamName[]
  /** Streams whose messages it reads without a consumer, by sequence or as the next message of a subject. */
  readonly reads?: readonly StreamName[]
  /** Streams that it follows with consumers of its own. */
  readonly follows?: readonly StreamName[]
  /** Streams that it reads from end to end, with consumers without acknowledgements. */
  readonly scans?: readonly StreamName[]
  /** Streams whose consumers it lists. */
  readonly lists?: readonly StreamName[]
  /** Streams whose messages it deletes. */
  readonly deletes?: readonly StreamName[]
  /** A key-value bucket that it creates, reads and writes. */
  readonly keeps?: string
  /** Rights that only this process has. */
  readonly more?: readonly string[]
}

const followed = [...new Set(READ_MODEL_NAMES.flatMap((name) => inputsOf(readModel(name)).map(({ stream }) => stream)))]

/** The needs of each NATS user, except `admin`, which may do everything. */
export const NEEDS: Readonly<Record<Exclude<NatsUser, 'admin'>, Needs>> = {
  ingest: {
    publishes: ['PostSubmitted', 'PostErased', 'HourCovered'],
    sends: [deadSubject('ingest'), heartbeatSubject('ingest')],
    looksAt: [POSTS, COVERAGE],
    reads: [POSTS],
    keeps: SOURCE_POSITIONS_BUCKET,
  },
  scorer: {
    publishes: ['PostScored', 'ModelPromoted'],
    sends: [deadSubject('scorer'), heartbeatSubject('scorer')],
    looksAt: [POSTS, SCORES, MODELS],
    // It reads the bytes of a rejected event when it sends the dead letter, and which promotions are in effect.
    gets: [POSTS, MODELS, SCORES],
    follows: [POSTS],
  },
  projector: {
    sends: [changesSubject('*'), deadSubject('*'), heartbeatSubject('projector')],
    looksAt: followed,
    // The last letter of a read model in DEAD says which rejected events have letters already.
    gets: [...followed, DEAD],
    // It reads the erasures, which explain missing sequences.
    reads: [POSTS],
    follows: followed,
    more: followed.map((stream) => `$JS.API.CONSUMER.DELETE.${stream}.*`),
  },
  gateway: {
    hears: [changesSubject('*'), heartbeatSubject('*'), subjectPattern('ModelPromoted')],
    looksAt: STREAM_NAMES,
    // It reads the promotions, and the first score after each of them.
    gets: [MODELS, SCORES],
    // It reads the text of an explained post, and the age of events that are not applied yet.
    reads: followed,
    // It reads how far the consumers of read models and scorers are, and whether one is paused.
    lists: followed,
  },
  eraser: {
    publishes: ['PostErased'],
    // It sends dead letters that an import left behind when it ended.
    sends: [deadSubject('ingest'), heartbeatSubject('eraser')],
    looksAt: [POSTS, SCORES, DEAD],
    // It asks the leader whether the consumers with which it scans have reached the end of the stream.
    gets: [POSTS, SCORES, DEAD],
    lists: [POSTS],
    deletes: [POSTS, SCORES, DEAD],
    scans: [POSTS, SCORES, DEAD],
    more: [`$JS.API.CONSUMER.CREATE.POSTS.*.${subjectPattern('PostErased')}`, '$JS.ACK.POSTS.eraser.>'],
  },
  status: {
    more: ['$JS.API.STREAM.LIST', '$JS.API.STREAM.INFO.*', '$JS.API.STREAM.MSG.GET.*', '$JS.API.CONSUMER.LIST.*'],
  },
}

/** The subjects that a user may publish to. */
export function publishRights(user: keyof typeof NEEDS): string[] {
  const { publishes = [], sends = [], looksAt = [], gets = [], reads = [] } = NEEDS[user]
  const { follows = [], scans = [], lists = [], deletes = [], keeps, more = [] } = NEEDS[user]
  return [
    ...publishes.map((type) => subjectPattern(type)),
    ...sends,
    '$JS.API.INFO',
    ...looksAt.map((stream) => `$JS.API.STREAM.INFO.${stream}`),
    ...gets.map((stream) => `$JS.API.STREAM.MSG.GET.${stream}`),
    ...reads.map((stream) => `$JS.API.DIRECT.GET.${stream}`),
    ...follows.flatMap((stream) => [
      `$JS.API.CONSUMER.CREATE.${stream}.>`,
      `$JS.API.CONSUMER.INFO.${stream}.*`,
      `$JS.API.CONSUMER.MSG.NEXT.${stream}.*`,
      `$JS.ACK.${stream}.>`,
    ]),
    ...scans.flatMap((stream) => [`$JS.API.CONSUMER.CREATE.${stream}.*`, `$JS.API.CONSUMER.MSG.NEXT.${stream}.*`]),
    ...lists.map((stream) => `$JS.API.CONSUMER.LIST.${stream}`),
    ...deletes.map((stream) => `$JS.API.STREAM.MSG.DELETE.${stream}`),
    ...(keeps === undefined ? [] : bucketRights(keeps)),
    ...more,
  ]
}

/** The subjects that a user may subscribe to. */
export const subscribeRights = (user: keyof typeof NEEDS): string[] => [
  ...(NEEDS[user].hears ?? []),
  `_INBOX_${user}.>`,
]

const bucketRights = (bucket: string): string[] => [
  `$JS.API.STREAM.CREATE.KV_${bucket}`,
  `$JS.API.STREAM.INFO.KV_${bucket}`,
  `$JS.API.STREAM.MSG.GET.KV_${bucket}`,
  `$JS.API.DIRECT.GET.KV_${bucket}`,
  `$JS.API.DIRECT.GET.KV_${bucket}.>`,
  `$KV.${bucket}.>`,
]
