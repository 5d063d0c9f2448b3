import type { StreamInfo } from '@nats-io/jetstream'
import { differencesOf } from '../../schema/apply-streams.ts'
import type { ProblemReport } from '../../schema/problems.ts'
import { findMissingReplicas, findSingleCopies, findStreamsWithoutLeader } from '../../schema/replicas.ts'
import { scorerConsumer } from '../../schema/scoring-models.ts'
import type { StreamSample } from './log-status.ts'
import { consumerOf } from './read-model-progress.ts'
import type { Sample } from './sample.ts'

const NEARLY_FULL_SHARE = 0.9
/** A stream counts as full if it has room for fewer average messages than this, because messages differ in size. */
const LEAST_MESSAGES = 3

/** Finds streams that take no events or soon will take none, consumers that deliver none, and rejected events. */
export function findStreamProblems(sample: Sample): ProblemReport[] {
  const problems = sample.streams.flatMap((stream) => findProblemsOf(stream))
  return [...problems, ...findCopyProblems(sample), ...findPaused(sample), ...findDeadLetters(sample)]
}

function findProblemsOf({ name, info, isMissing, failure }: StreamSample): ProblemReport[] {
  if (isMissing) {
    const remedy =
      'Run npm run streams, which creates it. Read models that were built from the old one must be rebuilt.'
    return [{ code: 'stream-missing', subject: name, what: `Stream ${name} does not exist.`, remedy }]
  }
  if (failure !== undefined) {
    const remedy = 'Look into the log of nats-server. In a cluster, most of the servers with copies of it must run.'
    return [{ code: 'log-unavailable', subject: name, what: `Stream ${name} does not answer: ${failure}.`, remedy }]
  }
  return info === undefined ? [] : [...findConfigProblems(name, info), ...findFull(name, info)]
}

function findConfigProblems(name: StreamSample['name'], { config }: StreamInfo): ProblemReport[] {
  if (config.sealed) {
    const what = `Stream ${name} is sealed: it takes no more events, and this cannot be undone.`
    const remedy = 'Back the stream up with the nats CLI, delete it and restore it, or start with another DATA_DIR.'
    return [{ code: 'stream-sealed', subject: name, what, remedy }]
  }
  const differences = differencesOf(name, config)
  if (differences.length === 0) return []
  const what = `Stream ${name} differs from its definition: ${differences.join('; ')}.`
  return [{ code: 'stream-differs', subject: name, what, remedy: `Change it back: nats stream edit ${name}.` }]
}

function findFull(name: StreamSample['name'], { config, state }: StreamInfo): ProblemReport[] {
  const { max_bytes: maxBytes, max_msgs: maxMessages } = config
  const averageBytes = state.messages === 0 ? 0 : state.bytes / state.messages
  const used = Math.max(maxBytes > 0 ? state.bytes / maxBytes : 0, maxMessages > 0 ? state.messages / maxMessages : 0)
  const isFull =
    (maxBytes > 0 && maxBytes - state.bytes < LEAST_MESSAGES * averageBytes) ||
    (maxMessages > 0 && state.messages >= maxMessages)
  const remedy = `Raise its limit: nats stream edit ${name} --max-bytes=… (and --max-msgs).`
  if (isFull) {
    const what = `Stream ${name} is full: it refuses new events.`
    return [{ code: 'stream-full', subject: name, what, remedy }]
  }
  if (used < NEARLY_FULL_SHARE) return []
  const what = `Stream ${name} uses ${Math.floor(used * 100)} % of its limit; a full stream refuses new events.`
  return [{ code: 'stream-nearly-full', subject: name, what, remedy }]
}

/** A stream that does not answer keeps its last figures, which say nothing about its servers now. */
function findCopyProblems({ streams }: Sample): ProblemReport[] {
  const infos = streams.flatMap(({ info, failure }) => (failure === undefined && info !== undefined ? [info] : []))
  return [...findStreamsWithoutLeader(infos), ...findMissingReplicas(infos), ...findSingleCopies(infos)]
}

/** Finds paused consumers of this host's read models and of the shown scoring model. */
function findPaused({ consumers, readModels, promoted }: Sample): ProblemReport[] {
  const wanted = new Set(readModels.map(consumerOf))
  if (promoted !== undefined) wanted.add(scorerConsumer(promoted))
  return consumers
    .filter(({ name, paused }) => paused === true && wanted.has(name))
    .map(({ name, stream_name: stream }) => ({
      code: 'consumer-paused',
      subject: `${stream} ${name}`,
      what: `The consumer ${name} of stream ${stream} is paused: it delivers no events.`,
      remedy: `Let it go on: nats consumer resume ${stream} ${name}.`,
    }))
}

function findDeadLetters({ newDeadLetters }: Sample): ProblemReport[] {
  if (newDeadLetters === 0) return []
  const what = `${newDeadLetters.toLocaleString('en')} events were rejected in the last ten minutes, and wait in the stream DEAD.`
  const remedy =
    'Read them with: nats stream view DEAD. The header Gravitas-Reason says why; npm run status counts them.'
  return [{ code: 'dead-letters-growing', what, remedy }]
}
