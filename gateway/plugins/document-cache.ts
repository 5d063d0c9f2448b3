import type { DocumentNode } from 'graphql'
import { LRUCache } from 'lru-cache'

/** The length of all documents that are kept. A parsed document needs some hundred times the memory of its text. */
const MAX_CHARACTERS = 200_000

/**
 * Keeps parsed documents, limited by their length and not by their number, because documents with many fields need much
 * memory. Documents that cannot be parsed are not kept.
 */
export const createDocumentCache = () => ({
  documentCache: new LRUCache<string, DocumentNode>({
    maxSize: MAX_CHARACTERS,
    sizeCalculation: (_, text) => text.length + 1,
  }),
  errorCache: { get: () => undefined, set: () => undefined },
})
