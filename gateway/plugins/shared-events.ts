import { GraphQLError, Kind, visit, type DocumentNode, type ExecutionResult } from 'graphql'
import { isAsyncIterable, type Plugin } from 'graphql-yoga'
import { createSourceEventStream, executeSubscriptionEvent, validateSubscriptionArgs } from './executor.ts'
import { FrameCache } from './frame-cache.ts'
import { encodeFrame } from './frames.ts'
import { SharedAnswers, type Frames } from './shared-answers.ts'
import { Turns } from '../live/turns.ts'

type SubscriptionArgs = Exclude<ReturnType<typeof validateSubscriptionArgs>, readonly GraphQLError[]>

/** The largest answer to one event. Only selections that repeat long fields under many names have a larger one. */
const MAX_FRAME_BYTES = 128 * 1_024

/** Arguments that select events and do not change their answers. */
const FILTERS: Readonly<Record<string, readonly string[]>> = {
  postScored: ['subreddit', 'after'],
  subredditUpdated: ['names'],
}

/**
 * Executes subscriptions. Their sources give batches of events, and an event is the same object for all its subscribers. It is
 * answered once for each document, operation and set of variables; variables that only select events are left out. An event's
 * cursor, if it has one, becomes the id of its frame, also where the document does not select it.
 * @param mask turns an error into one that clients may see
 */
export function useSharedEvents(mask: (error: unknown) => GraphQLError): Plugin {
  const shared = new WeakMap<DocumentNode, Map<string, WeakRef<SharedAnswers>>>()
  const cache = new FrameCache()
  const turns = new Turns()

  function answersFor(args: SubscriptionArgs, variables: object): SharedAnswers {
    const known = shared.get(args.document) ?? new Map<string, WeakRef<SharedAnswers>>()
    shared.set(args.document, known)
    const key = JSON.stringify([args.operation.name?.value, withoutFilters(args.document, variables)])
    const found = known.get(key)?.deref()
    if (found !== undefined) return found
    for (const [old, reference] of known) if (reference.deref() === undefined) known.delete(old)
    const answers = new SharedAnswers((event) => execute(args, event), cache)
    known.set(key, new WeakRef(answers))
    return answers
  }

  async function subscribe(args: Parameters<typeof validateSubscriptionArgs>[0]) {
    const validated = validateSubscriptionArgs(args)
    if (!('schema' in validated)) return { errors: validated }
    const source = await createSourceEventStream(validated)
    if (!isAsyncIterable(source)) return { errors: source.errors!.map((error) => withoutServerStatus(mask(error))) }
    const answers = answersFor(validated, args.variableValues ?? {})
    return toPieces(source as AsyncIterable<readonly object[]>, answers, turns)
  }

  function execute(args: SubscriptionArgs, event: object): string | Promise<string> {
    const { cursor } = event as { readonly cursor?: string }
    const toFrame = ({ data, errors }: ExecutionResult): string => {
      const frame = encodeFrame(errors === undefined ? { data } : { data, errors: errors.map(mask) }, cursor)
      return frame.length <= MAX_FRAME_BYTES ? frame : encodeFrame({ errors: [tooLarge(frame.length)] }, cursor)
    }
    const result = executeSubscriptionEvent({ ...args, rootValue: event })
    return result instanceof Promise ? result.then(toFrame) : toFrame(result)
  }

  return { onSubscribe: ({ setSubscribeFn }) => setSubscribeFn(subscribe as never) }
}

const tooLarge = (bytes: number): GraphQLError =>
  new GraphQLError(
    `The answer to this event has ${bytes} bytes, and ${MAX_FRAME_BYTES} are allowed: select fewer fields.`,
    { extensions: { code: 'QUERY_TOO_LARGE' } },
  )

/**
 * Answers batches of events in pieces. The next piece is made only when the subscriber has taken the last one, so a
 * subscriber that does not read holds one piece, whatever its selection is.
 * This is not a generator, because a generator that waits for its source passes `return` on only after the source has
 * yielded.
 */
function toPieces(
  source: AsyncIterable<readonly object[]>,
  answers: SharedAnswers,
  turns: Turns,
): AsyncIterableIterator<Frames> {
  const iterator = source[Symbol.asyncIterator]()
  let waiting: readonly object[] = []
  return {
    next: async () => {
      if (waiting.length === 0) {
        const { done, value } = await iterator.next()
        if (done === true) return { done, value: undefined }
        waiting = value
      }
      if (answers.isCostly) await turns.take()
      const piece = await answers.firstOf(waiting)
      waiting = waiting.slice(piece.count)
      return { done: false, value: piece }
    },
    return: async () => {
      waiting = []
      await iterator.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

/**
 * Removes the status of a failure of the server. A browser's EventSource gives up for good at an HTTP error, and reconnects
 * when a stream with status 200 ends, so a failure that may pass is reported only in the stream. The status of a client's
 * mistake stays.
 */
function withoutServerStatus(error: GraphQLError): GraphQLError {
  const { http, ...others } = error.extensions as { readonly http?: { readonly status?: number } }
  if (http?.status !== undefined && http.status < 500) return error
  const { nodes, source, positions, path } = error
  return new GraphQLError(error.message, {
    nodes,
    source,
    positions,
    path,
    extensions: { ...others, http: { status: 200 } },
  })
}

/** The variables that answers may depend on. */
function withoutFilters(document: DocumentNode, variables: object): [string, unknown][] {
  const used = new Set<string>()
  visit(document, {
    VariableDefinition: () => false,
    Argument: (argument, _key, _parent, _path, ancestors) => {
      const field = ancestors.at(-2) as { kind?: string; name?: { value: string } } | undefined
      const isFilter = field?.kind === Kind.FIELD && FILTERS[field.name!.value]?.includes(argument.name.value)
      return isFilter ? false : undefined
    },
    Variable: ({ name }) => void used.add(name.value),
  })
  return Object.entries(variables).filter(([name]) => used.has(name))
}
