import { Kind, type DocumentNode, type FieldNode, type OperationDefinitionNode, type SelectionSetNode } from 'graphql'

export interface Size {
  readonly depth: number
  readonly fields: number
  readonly cost: number
}

const NOTHING: Size = { depth: 0, fields: 0, cost: 0 }

/**
 * Measures operations as if their fragments were written out. Each fragment is measured once and counts as nothing
 * inside itself, so neither cycles nor fragments that double one another take long. Introspection counts as one level,
 * however deep it is.
 * @param only the operation to measure; by default all operations of the document
 * @param costOf what a field costs, given the size of its selection
 */
export function measure(
  document: DocumentNode,
  only?: OperationDefinitionNode,
  costOf: (field: FieldNode, inner: Size) => number = () => 0,
): Size[] {
  const fragments = new Map<string, SelectionSetNode>()
  const operations: OperationDefinitionNode[] = []
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition.selectionSet)
    else if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(definition)
  }
  const measured = new Map<string, Size>()

  function ofSet(set: SelectionSetNode): Size {
    let depth = 0
    let fields = 0
    let cost = 0
    for (const selection of set.selections) {
      const size =
        selection.kind === Kind.FIELD
          ? ofField(selection)
          : selection.kind === Kind.INLINE_FRAGMENT
            ? ofSet(selection.selectionSet)
            : ofFragment(selection.name.value)
      depth = Math.max(depth, size.depth)
      fields += size.fields
      cost += size.cost
    }
    return { depth, fields, cost }
  }

  function ofField(field: FieldNode): Size {
    const inner = field.selectionSet === undefined ? NOTHING : ofSet(field.selectionSet)
    const isIntrospection = field.name.value.startsWith('__')
    return { depth: isIntrospection ? 1 : inner.depth + 1, fields: inner.fields + 1, cost: costOf(field, inner) }
  }

  function ofFragment(name: string): Size {
    const known = measured.get(name)
    if (known !== undefined) return known
    measured.set(name, NOTHING)
    const set = fragments.get(name)
    const size = set === undefined ? NOTHING : ofSet(set)
    measured.set(name, size)
    return size
  }

  return (only === undefined ? operations : [only]).map(({ selectionSet }) => ofSet(selectionSet))
}
