import {
  GraphQLError,
  Kind,
  type ASTNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql'

const MAX_DEPTH = 12
const MAX_FIELDS = 1_000
const MAX_COST = 60_000
const DEFAULT_PAGE = 50
const LISTS = new Set(['subreddits', 'posts'])

interface Size {
  depth: number
  fields: number
  /** Fields that would be answered, a page counted as many times as it has rows. */
  cost: number
}

/** Refuses documents that are too deep, too wide or too expensive, before any of it is run. */
export const limitsRule: ValidationRule = (context) => ({
  OperationDefinition: (operation) => {
    const isIntrospection = operation.selectionSet.selections.every(
      (s) => s.kind === Kind.FIELD && s.name.value.startsWith('__'),
    )
    if (isIntrospection) return
    const { depth, fields, cost } = sizeOf(operation.selectionSet, context, new Set())
    const over = [
      depth > MAX_DEPTH && `${depth} levels deep, ${MAX_DEPTH} are allowed`,
      fields > MAX_FIELDS && `${fields} fields, ${MAX_FIELDS} are allowed`,
      cost > MAX_COST && `a cost of ${cost}, ${MAX_COST} is allowed: ask for smaller pages`,
    ].filter((problem) => problem !== false)
    for (const problem of over) {
      context.reportError(
        new GraphQLError(`The query is too large: ${problem}.`, {
          nodes: operation,
          extensions: { code: 'QUERY_TOO_LARGE' },
        }),
      )
    }
  },
})

function sizeOf(set: SelectionSetNode, context: ValidationContext, spread: ReadonlySet<string>): Size {
  const size: Size = { depth: 0, fields: 0, cost: 0 }
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      const inner = selection.selectionSet
        ? sizeOf(selection.selectionSet, context, spread)
        : { depth: 0, fields: 0, cost: 0 }
      const rows = LISTS.has(selection.name.value) ? pageSize(selection) : selection.name.value === 'hourly' ? 5 : 1
      size.depth = Math.max(size.depth, inner.depth + 1)
      size.fields += inner.fields + 1
      size.cost += 1 + rows * inner.cost
      continue
    }
    const name = selection.kind === Kind.FRAGMENT_SPREAD ? selection.name.value : undefined
    if (name !== undefined && spread.has(name)) continue
    const target = name === undefined ? selection : context.getFragment(name)
    if (!target || !('selectionSet' in target)) continue
    const inner = sizeOf(target.selectionSet, context, name === undefined ? spread : new Set([...spread, name]))
    size.depth = Math.max(size.depth, inner.depth)
    size.fields += inner.fields
    size.cost += inner.cost
  }
  return size
}

/** `first` as written; a variable counts as the largest page. */
function pageSize(field: ASTNode & { kind: typeof Kind.FIELD }): number {
  const value = field.arguments?.find((argument) => argument.name.value === 'first')?.value
  if (value === undefined) return DEFAULT_PAGE
  return value.kind === Kind.INT ? Math.min(200, Math.max(1, Number(value.value))) : 100
}
