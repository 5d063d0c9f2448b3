import type { IncomingMessage } from 'node:http'
import type { Registry } from 'prom-client'
import { Type, type Static } from 'typebox'
import { PROBLEMS } from '../../schema/problems.ts'
import type { Denial } from '../http/admin-guard.ts'
import { JsonAnswer, sendJson } from '../http/json-answer.ts'
import { json, NO_PARAMETERS, text, type Operation } from '../http/operation.ts'
import { toOpenApi } from '../http/openapi.ts'
import { READ_METHODS, type Route } from '../http/routes.ts'

const ProblemShape = Type.Object({
  code: Type.String({ description: 'The kind of problem, for programs', examples: Object.keys(PROBLEMS) }),
  severity: Type.Union([Type.Literal('error'), Type.Literal('warning')]),
  what: Type.String({ description: 'What is wrong, with names and figures' }),
  since: Type.String({ format: 'date-time', description: 'When it was first noticed' }),
  remedy: Type.String({ description: 'What to do about it' }),
})

const Readiness = Type.Object({
  ready: Type.Boolean({ description: 'Whether no problem has the severity error' }),
  problems: Type.Array(ProblemShape, { description: 'Errors come before warnings, older problems before newer ones' }),
})
export type Readiness = Static<typeof Readiness>

const healthOperation: Operation = {
  path: '/healthz',
  summary: 'Whether the process answers',
  asks: NO_PARAMETERS,
  answers: { 200: json('The process answers', Type.Object({ status: Type.Literal('ok') })) },
}

const readyOperation: Operation = {
  path: '/readyz',
  summary: 'Whether the figures are current',
  asks: NO_PARAMETERS,
  answers: {
    200: json('The figures are current', Readiness),
    503: json('The figures are wrong or stand still, or may do so', Readiness),
  },
}

const metricsOperation: Operation = {
  path: '/metrics',
  summary:
    'Figures about the process and the pipeline, for Prometheus; if ADMIN_TOKEN is set, they need it as a bearer token',
  asks: NO_PARAMETERS,
  answers: { 200: text('In the text format of Prometheus') },
}

const openApiOperation: Operation = {
  path: '/openapi.json',
  summary: 'This document',
  asks: NO_PARAMETERS,
  answers: {
    200: json(
      'An OpenAPI 3.1 document',
      Type.Object({
        openapi: Type.Literal('3.1.0'),
        info: Type.Record(Type.String(), Type.String()),
        paths: Type.Record(Type.String(), Type.Unknown()),
      }),
    ),
  },
}

export interface StatusSources {
  readonly readiness: () => Readiness
  readonly registry: Registry
  /** Tells whether a request may not see what is meant for operators. */
  readonly deny: (request: IncomingMessage) => Promise<Denial | undefined>
}

/** Creates the addresses that show operators the state of the process and the pipeline. */
export function createStatusRoutes({ readiness, registry, deny }: StatusSources): Route[] {
  return [
    toRoute(healthOperation, (_, response) => sendJson(response, 200, { status: 'ok' })),
    toRoute(readyOperation, (_, response) => {
      const body = readiness()
      sendJson(response, body.ready ? 200 : 503, body)
    }),
    toRoute(metricsOperation, async (request, response) => {
      const denial = await deny(request)
      if (denial !== undefined) {
        response.setHeader('www-authenticate', 'Bearer')
        return sendJson(response, denial.status, { error: denial.error })
      }
      const body = await registry.metrics()
      return response.writeHead(200, { 'content-type': registry.contentType, 'cache-control': 'no-store' }).end(body)
    }),
  ]
}

/** Creates the route that serves the OpenAPI document of `routes` and of itself. */
export function createOpenApiRoute(routes: readonly Route[]): Route {
  const operations = [...routes.flatMap(({ operation }) => operation ?? []), openApiOperation]
  const document = new JsonAnswer(200, toOpenApi(operations))
  return toRoute(openApiOperation, (_, response) => document.send(response))
}

const toRoute = (operation: Operation, answer: Route['answer']): Route => ({
  path: operation.path,
  methods: READ_METHODS,
  operation,
  answer,
})
