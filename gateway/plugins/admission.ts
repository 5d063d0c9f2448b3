import { getOperationAST, GraphQLError, type DocumentNode } from 'graphql'
import type { IncomingMessage } from 'node:http'
import type { Plugin } from 'graphql-yoga'
import type { Admission } from '../http/admission.ts'
import { Turns } from '../live/turns.ts'
import { measure } from './measure.ts'

/** A subscription answers again and again and is kept in memory, so it may have fewer fields than a query. */
const MAX_SUBSCRIPTION_FIELDS = 100
/** A subscription takes a place for so many of its fields. The subscriptions of the pages take one. */
const FIELDS_OF_A_PLACE = 16
/** Queries with more fields wait for a turn, so that many of them do not keep the event loop busy together. */
const SMALL_QUERY_FIELDS = 30
const RETRY_SECONDS = '10'

interface OperationArgs {
  readonly document: DocumentNode
  readonly operationName?: string | null | undefined
  /** Yoga adds the request of Node. A request from within the process has none. */
  readonly contextValue: { readonly req?: IncomingMessage }
}

/** Limits subscriptions, in all and for each client, and lets large queries take turns. */
export function useAdmission(admission: Admission | undefined): Plugin {
  const turns = new Turns()
  return {
    onExecute: ({ args }) => (fieldsOf(args as OperationArgs) > SMALL_QUERY_FIELDS ? turns.take() : undefined),
    onSubscribe: ({ args, setResultAndStopExecution }) => {
      const refusal = findRefusal(args as OperationArgs, admission)
      if (refusal !== undefined) setResultAndStopExecution({ errors: [refusal] })
    },
  }
}

function findRefusal(args: OperationArgs, admission: Admission | undefined): GraphQLError | undefined {
  const fields = fieldsOf(args)
  if (fields > MAX_SUBSCRIPTION_FIELDS) {
    const message = `The subscription is too large: it has ${fields} fields, and ${MAX_SUBSCRIPTION_FIELDS} are allowed.`
    return new GraphQLError(message, { extensions: { code: 'QUERY_TOO_LARGE', http: { status: 400 } } })
  }
  const { req } = args.contextValue
  const refusal = req && admission?.subscribe(req, Math.ceil(fields / FIELDS_OF_A_PLACE))
  if (refusal === undefined) return undefined
  const http = { status: refusal.status, headers: { 'retry-after': RETRY_SECONDS } }
  return new GraphQLError(refusal.message, { extensions: { code: 'TOO_MANY_SUBSCRIPTIONS', http } })
}

function fieldsOf({ document, operationName }: OperationArgs): number {
  const operation = getOperationAST(document, operationName)
  return operation ? measure(document, operation)[0]!.fields : 0
}
