import { Type, type TObject, type TSchema } from 'typebox'

/** One kind of answer of an address. */
export interface Answer<Body extends TSchema = TSchema> {
  readonly description: string
  readonly mediaType: string
  readonly schema: Body
}

/**
 * Describes what clients may ask of an address with GET, and what it answers. Requests are checked by these schemas, handlers get
 * their types from them, and the OpenAPI document consists of them.
 */
export interface Operation<Asks extends TObject = TObject, Body extends TSchema = TSchema> {
  /** The path in OpenAPI's notation, in which a part in braces is a parameter. */
  readonly path: string
  readonly summary: string
  /** All parameters: those that `path` names in braces, and those of the query. */
  readonly asks: Asks
  /** The answers, by HTTP status. */
  readonly answers: { readonly 200: Answer<Body> } & Readonly<Record<number, Answer>>
}

const ErrorBody = Type.Object({ error: Type.String({ description: 'What is wrong, and what to do about it' }) })

export const NO_PARAMETERS = Type.Object({})

export const json = <Body extends TSchema>(description: string, schema: Body): Answer<Body> => ({
  description,
  mediaType: 'application/json',
  schema,
})

export const text = (description: string): Answer => ({ description, mediaType: 'text/plain', schema: Type.String() })

export const failure = (description: string): Answer => json(description, ErrorBody)
