import { deadSubject } from './dead-letters.ts'
import { subjectPattern, type EventType } from './events.ts'
import { heartbeatSubject } from './heartbeat.ts'
import { changesSubject, inputsOf, READ_MODEL_NAMES, readModel } from './read-models.ts'
import { WITH_PASSWORD, type NatsUser } from './runtime/nats.ts'
import {
  COVERAGE,
  DEAD,
  MODELS,
  POSTS,
  SCORES,
  SOURCE_POSITIONS_BUCKET,
  SOURCE_POSITIONS_STREAM,
  STREAM_NAMES,
  type StreamName,
} from './streams.ts'

/** What a process does with the log. The imports of its account in nats.conf follow from it. */
interface Needs {
  /** The types of events that it publishes. */
  readonly publishes?: readonly EventType[]
  /** Subjects without a stream that it publishes to. Others hear them if they are there. */
  readonly announces?: readonly string[]
  /** Further subjects that it publishes to. */
  readonly sends?: readonly string[]
  /** Subjects that it subscribes to, besides those of its own account. */
  readonly hears?: readonly string[]
  /** Streams whose state it reads. */
  readonly looksAt?: readonly string[]
  /** Streams whose leader it asks for single messages. */
  readonly gets?: readonly string[]
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
  /** Further requests of JetStream's API, without the prefix of their subjects. */
  readonly requests?: readonly string[]
}

const followed = [...new Set(READ_MODEL_NAMES.flatMap((name) => inputsOf(readModel(name)).map(({ stream }) => stream)))]

/** Users with an account of their own. `admin` may do everything with the log, `monitor` only asks how the server is. */
export type Process = Exclude<NatsUser, 'admin' | 'monitor'>

/** The needs of each NATS user that has an account of its own. */
const NEEDS: Readonly<Record<Process, Needs>> = {
  ingest: {
    publishes: ['PostSubmitted', 'PostErased', 'HourCovered'],
    // It keeps the position of each source in a bucket.
    sends: [deadSubject('ingest'), `$KV.${SOURCE_POSITIONS_BUCKET}.>`],
    announces: [heartbeatSubject('ingest')],
    looksAt: [POSTS, COVERAGE, SOURCE_POSITIONS_STREAM],
    gets: [SOURCE_POSITIONS_STREAM],
    // It checks whether stored posts were deleted on Reddit.
    reads: [POSTS],
  },
  scorer: {
    // The first scorer promotes its scoring model.
    publishes: ['PostScored', 'ModelPromoted'],
    announces: [heartbeatSubject('scorer')],
    sends: [deadSubject('scorer')],
    looksAt: [POSTS, SCORES, MODELS],
    // It reads the bytes of a rejected event when it sends the dead letter, and which promotions are in effect.
    gets: [POSTS, MODELS, SCORES],
    follows: [POSTS],
  },
  projector: {
    // The subject of dead letters ends with the read model's name, so a new read model needs no further rights.
    sends: [deadSubject('*')],
    announces: [changesSubject('*'), heartbeatSubject('projector')],
    looksAt: followed,
    // The last letter of a read model in DEAD says which rejected events have letters already.
    gets: [...followed, DEAD],
    // It reads the erasures, which explain missing sequences.
    reads: [POSTS],
    follows: followed,
    requests: followed.map((stream) => `CONSUMER.DELETE.${stream}.*`),
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
    announces: [heartbeatSubject('eraser')],
    sends: [deadSubject('ingest'), '$JS.ACK.POSTS.eraser.>'],
    looksAt: [POSTS, SCORES, DEAD],
    // It asks the leader whether the consumers with which it scans have reached the end of the stream.
    gets: [POSTS, SCORES, DEAD],
    // The consumers of scorers show whether a scorer is working on a post.
    lists: [POSTS],
    deletes: [POSTS, SCORES, DEAD],
    scans: [POSTS, SCORES, DEAD],
    requests: [`CONSUMER.CREATE.POSTS.*.${subjectPattern('PostErased')}`],
  },
  promoter: {
    publishes: ['ModelPromoted'],
    looksAt: [POSTS, SCORES, MODELS],
    // The promotions, and whether their scoring models have scores.
    gets: [MODELS, SCORES],
    requests: ['CONSUMER.INFO.POSTS.*'],
  },
  status: {
    gets: [MODELS, SCORES],
    requests: ['STREAM.LIST', 'STREAM.INFO.*', 'CONSUMER.LIST.*'],
  },
  publisher: { publishes: ['PostSubmitted'] },
}

/** The users that have an account of their own. */
export const PROCESSES = Object.keys(NEEDS) as readonly Process[]

/**
 * The requests of JetStream's API that a user may send, without the prefix of their subjects. Every account imports INFO:
 * the client sends it before anything else, and without this import nats-server would take all requests of the account as
 * requests about the account's own streams, of which it has none.
 */
function requestsOf(user: Process): string[] {
  const { looksAt = [], gets = [], reads = [], follows = [], scans = [], lists = [], deletes = [] } = NEEDS[user]
  const requests = [
    ...looksAt.map((stream) => `STREAM.INFO.${stream}`),
    ...gets.map((stream) => `STREAM.MSG.GET.${stream}`),
    ...reads.map((stream) => `DIRECT.GET.${stream}`),
    ...follows.flatMap((stream) => [
      `CONSUMER.CREATE.${stream}.>`,
      `CONSUMER.INFO.${stream}.*`,
      `CONSUMER.MSG.NEXT.${stream}.*`,
    ]),
    ...scans.flatMap((stream) => [`CONSUMER.CREATE.${stream}.*`, `CONSUMER.MSG.NEXT.${stream}.*`]),
    ...lists.map((stream) => `CONSUMER.LIST.${stream}`),
    ...deletes.map((stream) => `STREAM.MSG.DELETE.${stream}`),
    ...(NEEDS[user].requests ?? []),
  ]
  return ['INFO', ...requests]
}

/** The subjects of the log's account, besides requests of the API, to which a user may publish. */
function subjectsOf(user: Process): string[] {
  const { publishes = [], sends = [], follows = [] } = NEEDS[user]
  return [...publishes.map((type) => subjectPattern(type)), ...sends, ...follows.map((stream) => `$JS.ACK.${stream}.>`)]
}

/**
 * The subjects of an account that others hear. A promotion is stored, too, but what a process publishes through an import
 * cannot be heard in the account that it goes to, so that it is exported from its own account.
 */
const heardOf = (user: Process): string[] => {
  const patterns = PROCESSES.flatMap((one) => NEEDS[one].hears ?? [])
  const subjects = [...(NEEDS[user].announces ?? []), ...subjectsOf(user)]
  return subjects.filter((subject) => patterns.some((pattern) => covers(pattern, subject)))
}

/** Whether a pattern with `*` matches every subject that another pattern matches. */
const covers = (pattern: string, subject: string): boolean =>
  new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^.]+')}$`).test(subject)

/** What others may hear of each account. */
const allHeard = (): { account: string; subject: string }[] =>
  PROCESSES.flatMap((user) => heardOf(user).map((subject) => ({ account: accountOf(user), subject })))

/** What a process hears, with the accounts that it comes from. */
function heardBy(user: Process): { account: string; subject: string }[] {
  const patterns = NEEDS[user].hears ?? []
  const byHand = patterns.map((subject) => ({ account: LOG_ACCOUNT, subject }))
  return [...byHand, ...allHeard().filter(({ subject }) => patterns.some((pattern) => covers(pattern, subject)))]
}

const LOG_ACCOUNT = 'GRAVITAS'
const accountOf = (user: Process): string => user.toUpperCase()

/** The subjects of the log's account to which a user may publish, requests of JetStream's API among them. */
export const publishedBy = (user: Process): string[] => [
  ...subjectsOf(user),
  ...requestsOf(user).map((request) => `$JS.API.${request}`),
]

/** The account of a user, in the form of nats.conf. */
function toAccount(user: Process): string {
  const exports = heardOf(user).map((subject) => `{ stream: "${subject}" }`)
  const imports = [
    ...publishedBy(user).map((subject) => `{ service: { account: ${LOG_ACCOUNT}, subject: "${subject}" } }`),
    ...heardBy(user).map(({ account, subject }) => `{ stream: { account: ${account}, subject: "${subject}" } }`),
  ]
  const variable = `$NATS_${accountOf(user)}`
  const credentials = WITH_PASSWORD.has(user)
    ? `user: ${user}, password: ${variable}_PASSWORD`
    : `nkey: ${variable}_NKEY`
  return [
    `  ${accountOf(user)} {`,
    `    users: [{ ${credentials} }]`,
    ...(exports.length === 0 ? [] : [`    exports: [${exports.join(', ')}]`]),
    '    imports: [',
    ...imports.map((line) => `      ${line}`),
    '    ]',
    '  }\n',
  ].join('\n')
}

const BEGIN = '  # Made from schema/nats-rights.ts: `npm run codegen` writes it, and a test compares it.\n'
const END = '  # End of what is made from schema/nats-rights.ts.\n'

/** Puts the accounts of all processes into the text of nats.conf, in place of those that it has. */
export function withAccounts(configuration: string): string {
  const [before, rest] = configuration.split(BEGIN)
  const after = rest?.split(END)[1]
  if (before === undefined || after === undefined) throw new Error('nats.conf has no lines between which accounts go')
  return [before, BEGIN, ...PROCESSES.map(toAccount), END, after].join('')
}
