import type { ListingClient, ListingPage, ListingQuestion, Submission } from '../listing/listing-page.ts'

/** The categories of removals that are final. All other removals may be taken back. */
const DELETED = new Set(['deleted', 'author', 'copyright_takedown', 'content_takedown'])

const removedBy = ({ data }: Submission): unknown => data['removed_by_category'] ?? undefined

/** Whether a post was removed or deleted on Reddit. The API then shows `[removed]` or `[deleted]` instead of its text. */
export const isRemoved = (post: Submission): boolean => removedBy(post) !== undefined

/** Whether a post will not change any more. A post that a moderator or a filter removed may still be approved. */
export const isFinal = (post: Submission): boolean => !isRemoved(post) || DELETED.has(String(removedBy(post)))

/** Wraps a client so that removed posts are left out of its listings. They will be listed again with their text when approved. */
export function withoutRemoved(client: ListingClient): ListingClient {
  return {
    get serverMs(): number {
      return client.serverMs
    },
    async readListing(question: ListingQuestion, signal: AbortSignal): Promise<ListingPage> {
      const { items, after } = await client.readListing(question, signal)
      return { items: items.filter((post) => !isRemoved(post)), after }
    },
  }
}
