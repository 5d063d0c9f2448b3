import { Type } from 'typebox'
import { DEFAULT_PAGE, MAX_PAGE } from '../protocol/page-size.ts'

/** Every address that answers in pages has these parameters. */
export const PAGE_PARAMETERS = {
  limit: Type.Integer({ minimum: 1, maximum: MAX_PAGE, default: DEFAULT_PAGE, description: 'Rows of a page' }),
  cursor: Type.Optional(Type.String({ description: '`next` of the page before' })),
}

export const NextCursor = Type.Union([Type.String(), Type.Null()], {
  description: 'The cursor of the next page; null on the last page',
})
