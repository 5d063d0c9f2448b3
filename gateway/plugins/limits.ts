import { getOperationAST, GraphQLError, parse, valueFromASTUntyped, type FieldNode, type ValueNode } from 'graphql'
import type { DocumentNode } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { DEFAULT_CONTRIBUTIONS, DEFAULT_PAGE, MAX_PAGE } from '../errors.ts'
import { measure, type Size } from './measure.ts'

const MAX_TOKENS = 4_000
const MAX_DEPTH = 12
const MAX_FIELDS = 500
/** About a microsecond each: what one request may keep the process busy for. */
const MAX_COST = 200_000
/** A subscription answers as often as something changes. */
const MAX_EVENT_COST = 2_000

const DEFAULT_HOURS = 7 * 24
/** Hours without posts cost nothing, and in a long range most are such; how many rows there really are is limited on reading. */
const MOST_HOURS = 1_000
const HOUR_MS = 3_600_000
/** What a field costs beside the fields that it answers: searches and sums look at many rows. */
const SEARCH_COST: Readonly<Record<string, number>> = { posts: 10_000, subreddits: 1_000 }
const PIPELINE_COST = 500
/** A read model and two messages of the log are read, and the model runs. More than a subscription may cost, on purpose. */
const EXPLANATION_COST = 3_000

type Variables = Readonly<Record<string, unknown>>

/**
 * Refuses what is too much before any of it is run: documents that are too long, too deep or too wide before they are
 * validated, operations that are too expensive once their variables are known.
 */
export function useLimits(): Plugin {
  return {
    onParse: ({ setParseFn }) =>
      setParseFn((source, options) => parse(source, { ...options, maxLexicalTokens: MAX_TOKENS })),
    onValidate: ({ params, setResult }) => {
      const problem = findShapeProblem(params.documentAST)
      if (problem !== undefined) setResult([tooLarge(problem)])
    },
    onExecute: ({ args, setResultAndStopExecution }) => {
      const problem = findCostProblem(args, MAX_COST)
      if (problem !== undefined) setResultAndStopExecution({ errors: [problem] })
    },
    onSubscribe: ({ args, setResultAndStopExecution }) => {
      const problem = findCostProblem(args, MAX_EVENT_COST)
      if (problem !== undefined) setResultAndStopExecution({ errors: [problem] })
    },
  }
}

function findShapeProblem(document: DocumentNode): string | undefined {
  for (const { depth, fields } of measure(document)) {
    if (depth > MAX_DEPTH) return `it is ${depth} levels deep, ${MAX_DEPTH} are allowed`
    if (fields > MAX_FIELDS) return `it has ${fields} fields, ${MAX_FIELDS} are allowed: ask in several requests`
  }
  return undefined
}

interface OperationArgs {
  readonly document: DocumentNode
  readonly operationName?: string | null | undefined
  readonly variableValues?: Variables | null | undefined
}

function findCostProblem(args: OperationArgs, most: number): GraphQLError | undefined {
  const operation = getOperationAST(args.document, args.operationName)
  if (!operation) return undefined
  const variables: Record<string, unknown> = {}
  for (const { variable, defaultValue } of operation.variableDefinitions ?? [])
    if (defaultValue !== undefined) variables[variable.name.value] = valueFromASTUntyped(defaultValue)
  Object.assign(variables, args.variableValues)
  const [size] = measure(args.document, operation, (field, inner) => costOf(field, inner, variables))
  if (size === undefined || size.cost <= most) return undefined
  return tooLarge(
    `it costs ${size.cost}, ${most} is allowed (rows times fields): ask for smaller pages, shorter ranges or fewer fields`,
  )
}

function costOf(field: FieldNode, inner: Size, variables: Variables): number {
  const argument = (name: string): unknown => {
    const node: ValueNode | undefined = field.arguments?.find((found) => found.name.value === name)?.value
    return node === undefined ? undefined : valueFromASTUntyped(node, variables)
  }
  switch (field.name.value) {
    case 'subreddits':
    case 'posts': {
      const search = argument('search') ? (SEARCH_COST[field.name.value] ?? 0) : 0
      return 1 + search + pageSize(argument('first')) * inner.cost
    }
    case 'hourly':
    case 'coverage':
      return 1 + hoursBetween(argument('from'), argument('to')) * inner.cost
    case 'explanation':
      return EXPLANATION_COST + pageSize(argument('first'), DEFAULT_CONTRIBUTIONS) * inner.cost
    case 'pipeline':
    case 'pipelineUpdated':
      return PIPELINE_COST + inner.cost
    default:
      return 1 + inner.cost
  }
}

/** A value out of range is refused where the field is resolved. */
const pageSize = (first: unknown, fallback = DEFAULT_PAGE): number =>
  typeof first === 'number' ? Math.min(MAX_PAGE, Math.max(1, first)) : fallback

function hoursBetween(from: unknown, to: unknown): number {
  const end = typeof to === 'string' ? Date.parse(to) : Date.now()
  const start = typeof from === 'string' ? Date.parse(from) : end - DEFAULT_HOURS * HOUR_MS
  const hours = Math.ceil((end - start) / HOUR_MS)
  return Number.isFinite(hours) ? Math.min(MOST_HOURS, Math.max(1, hours)) : DEFAULT_HOURS
}

const tooLarge = (problem: string): GraphQLError =>
  new GraphQLError(`The query is too large: ${problem}.`, {
    extensions: { code: 'QUERY_TOO_LARGE', http: { status: 400 } },
  })
