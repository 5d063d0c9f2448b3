import { getOperationAST, GraphQLError, parse, valueFromASTUntyped, type FieldNode, type ValueNode } from 'graphql'
import type { DocumentNode } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { LineFullError, WaitingLine } from '../explanations/waiting-line.ts'
import { overloaded } from '../protocol/errors.ts'
import { measure, type Size } from './measure.ts'
import { toRowCounters, type RowCounters } from './row-counters.ts'

const MAX_TOKENS = 4_000
const MAX_DEPTH = 12
const MAX_FIELDS = 500
/** What one request may cost. A unit keeps the event loop, or a worker that reads, busy for about a microsecond. */
const MAX_COST = 200_000
/** What one event of a subscription may cost. It is less, because a subscription answers each time something changes. */
const MAX_EVENT_COST = 2_000

/**
 * A query that costs more than this is costly. Only a few costly queries are executed at a time, because the rows of each take some
 * megabytes until its answer is encoded, and the workers read faster than the event loop encodes.
 */
const COSTLY = 20_000
const COSTLY_AT_ONCE = 3
const MOST_COSTLY_WAITING = 200

/**
 * What each field costs, in each row. It is more in a query, because its whole answer is turned into JSON in one go, which
 * must not delay others by more than some ten milliseconds.
 */
const QUERY_FIELD_COST = 5
const EVENT_FIELD_COST = 1
/** Fields that are a read of their own, a message to a worker and a statement, if they have fields themselves. */
const READS: ReadonlySet<string> = new Set(['subreddits', 'subreddit', 'posts', 'post'])
const READ_COST = 150
/** What a search costs in addition to its answer, because it looks at many rows. */
const SEARCH_COST: Readonly<Record<string, number>> = { posts: 35_000, subreddits: 5_000 }
/**
 * What a field costs by itself, if it is not a plain one. Texts make an answer long. The rows of `hourly` and `coverage` are
 * read for all subreddits at once. `pipeline` looks at all subreddits, and so does `totalCount`, which counts as often as its
 * list has rows. `explanation` reads a read model and two messages of the log and runs a scoring model, so it costs more than
 * a subscription may.
 */
const OWN_COST: Readonly<Record<string, number>> = {
  hourly: 20,
  coverage: 20,
  title: 20,
  permalink: 20,
  totalCount: 40,
  pipeline: 500,
  pipelineUpdated: 500,
  explanation: 3_000,
}

type Variables = Readonly<Record<string, unknown>>

/**
 * Refuses requests that are too large before they are executed: documents that are too long, too deep or too wide before they
 * are validated, and operations that cost too much as soon as their variables are known.
 */
export function useLimits(): Plugin {
  let rowCounters: RowCounters = new Map()
  const line = new WaitingLine({ atOnce: COSTLY_AT_ONCE, mostWaiting: MOST_COSTLY_WAITING })
  return {
    onSchemaChange: ({ schema }) => void (rowCounters = toRowCounters(schema)),
    onParse: ({ setParseFn }) =>
      setParseFn((source, options) => parse(source, { ...options, maxLexicalTokens: MAX_TOKENS })),
    onValidate: ({ params, setResult }) => {
      const problem = findShapeProblem(params.documentAST)
      if (problem !== undefined) setResult([tooLarge(problem)])
    },
    onExecute: ({ args, executeFn, setExecuteFn, setResultAndStopExecution }) => {
      const cost = costOfOperation(args, { fieldCost: QUERY_FIELD_COST, rowCounters })
      if (cost > MAX_COST) return setResultAndStopExecution({ errors: [tooCostly(cost, MAX_COST)] })
      if (cost > COSTLY) setExecuteFn(inLine(line, executeFn))
    },
    onSubscribe: ({ args, setResultAndStopExecution }) => {
      const cost = costOfOperation(args, { fieldCost: EVENT_FIELD_COST, rowCounters })
      if (cost > MAX_EVENT_COST) setResultAndStopExecution({ errors: [tooCostly(cost, MAX_EVENT_COST)] })
    },
  }
}

/** Executes queries when it is their turn. A client that leaves gives up its place. */
const inLine =
  <Args extends OperationArgs>(line: WaitingLine, execute: (args: Args) => unknown) =>
  async (args: Args): Promise<unknown> => {
    try {
      return await line.run(async () => execute(args), args.contextValue?.request?.signal)
    } catch (error) {
      if (error instanceof LineFullError) return { errors: [overloaded()] }
      throw error
    }
  }

function findShapeProblem(document: DocumentNode): string | undefined {
  for (const { depth, fields } of measure(document)) {
    if (depth > MAX_DEPTH) return `it is ${depth} levels deep, and ${MAX_DEPTH} are allowed`
    if (fields > MAX_FIELDS) return `it has ${fields} fields, and ${MAX_FIELDS} are allowed: send several requests`
  }
  return undefined
}

interface OperationArgs {
  readonly document: DocumentNode
  readonly operationName?: string | null | undefined
  readonly variableValues?: Variables | null | undefined
  readonly contextValue?: { readonly request?: Request } | undefined
}

interface Counting {
  readonly fieldCost: number
  readonly rowCounters: RowCounters
}

function costOfOperation(args: OperationArgs, counting: Counting): number {
  const operation = getOperationAST(args.document, args.operationName)
  if (!operation) return 0
  const variables: Record<string, unknown> = {}
  for (const { variable, defaultValue } of operation.variableDefinitions ?? [])
    if (defaultValue !== undefined) variables[variable.name.value] = valueFromASTUntyped(defaultValue)
  Object.assign(variables, args.variableValues)
  const [size] = measure(args.document, operation, (field, inner) => costOf(field, inner, variables, counting))
  return size!.cost
}

const tooCostly = (cost: number, most: number): GraphQLError =>
  tooLarge(
    `it costs ${cost}, and ${most} is allowed (reads, and rows times fields): request smaller pages, shorter ranges or fewer fields`,
  )

function costOf(
  { name: { value: name }, arguments: nodes, selectionSet }: FieldNode,
  inner: Size,
  variables: Variables,
  { fieldCost, rowCounters }: Counting,
): number {
  const argument = (wanted: string): unknown => {
    const node: ValueNode | undefined = nodes?.find((found) => found.name.value === wanted)?.value
    return node === undefined ? undefined : valueFromASTUntyped(node, variables)
  }
  const search = argument('search') ? (SEARCH_COST[name] ?? 0) : 0
  const rows = rowCounters.get(name)?.(argument) ?? 1
  const own = selectionSet !== undefined && READS.has(name) ? READ_COST : (OWN_COST[name] ?? fieldCost)
  return own + search + rows * inner.cost
}

const tooLarge = (problem: string): GraphQLError =>
  new GraphQLError(`The query is too large: ${problem}.`, {
    extensions: { code: 'QUERY_TOO_LARGE', http: { status: 400 } },
  })
