import type { Pipeline } from '../types.ts'
import { follow } from './follow.ts'

export const PIPELINE_FIELDS = `model posts sources { source posts } allTime { mean posts }
  streams { name messages bytes lastSequence }
  projections { name lag holes checkpoints { stream sequence } }`

/** Follows the state of the machinery: at once, then every second. @returns how to stop */
export const followPipeline = (onChanged: (pipeline: Pipeline) => void): (() => void) =>
  follow<{ pipelineUpdated: Pipeline }>({
    document: `subscription { pipelineUpdated { ${PIPELINE_FIELDS} } }`,
    variables: () => ({}),
    onItems: (items) => onChanged(items.at(-1)!.pipelineUpdated),
    // The first thing that it sends is the present state.
    onOpen: () => {},
  })
