import type { PostResolvers } from '../generated/resolvers.ts'
import { checkPageSize } from '../protocol/page-size.ts'
import { fromFixedSeriousness } from '../../schema/seriousness.ts'

const DEFAULT_CONTRIBUTIONS = 12

export const Post: PostResolvers = {
  createdAt: ({ createdUtc }) => new Date(createdUtc * 1_000),
  seriousness: ({ seriousness }) => (seriousness === null ? null : fromFixedSeriousness(seriousness)),
  explanation: (post, { first }, { explainer, request }) =>
    explainer.explain(post, checkPageSize(first ?? DEFAULT_CONTRIBUTIONS), request?.signal),
}
