import type { ListingClient, ListingPage, ListingQuestion, Submission } from '../listing/listing-page.ts'

/** The API says who removed a post; these are final, the others may be taken back. */
const DELETED = new Set(['deleted', 'author', 'copyright_takedown', 'content_takedown'])

const removedBy = ({ data }: Submission): unknown => data['removed_by_category'] ?? undefined

/** Whether the API shows no more of a post than that it was there: its text is `[removed]` or `[deleted]`. */
export const isRemoved = (post: Submission): boolean => removedBy(post) !== undefined

/** Whether a post will not change any more: a moderator or a filter that removed it may approve it later. */
export const isFinal = (post: Submission): boolean => !isRemoved(post) || DELETED.has(String(removedBy(post)))

/** A client whose listings hold no removed posts: they come with `[removed]` for their text, and again once they are approved. */
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
