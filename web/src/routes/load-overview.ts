import { OverviewDocument, type OverviewQuery } from '#lib/generated/documents.ts'
import { query } from '#lib/graphql.ts'

export type Overview = OverviewQuery

export const loadOverview = (fetch: typeof globalThis.fetch, signal?: AbortSignal): Promise<Overview> =>
  query(fetch, OverviewDocument, {}, signal)
