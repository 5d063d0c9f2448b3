import { PipelineUpdatedDocument, type PipelineStateFragment } from '../generated/documents.ts'
import { follow } from './follow.ts'

/** Follows the state of the pipeline: the present state first, then one update a second. @returns a function that stops */
export const followPipeline = (onChanged: (pipeline: PipelineStateFragment) => void): (() => void) =>
  follow({
    document: PipelineUpdatedDocument,
    variables: () => ({}),
    onItems: (items) => onChanged(items.at(-1)!.pipelineUpdated),
    // The stream begins with the present state, so nothing has to be loaded.
    onOpen: () => {},
  })
