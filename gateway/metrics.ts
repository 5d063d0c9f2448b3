import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { ServerResponse } from 'node:http'
import type { GatewayContext } from './resolvers/context.ts'

/** The metrics that Prometheus reads at /metrics. */
export class Metrics {
  readonly registry = new Registry()
  readonly #requests
  readonly #seconds
  readonly #events

  constructor(context: GatewayContext) {
    const registers = [this.registry]
    collectDefaultMetrics({ register: this.registry })
    this.#requests = new Counter({
      name: 'gravitas_http_requests_total',
      help: 'Requests answered',
      labelNames: ['route', 'status'],
      registers,
    })
    this.#seconds = new Histogram({
      name: 'gravitas_http_request_seconds',
      help: 'Time to answer, without subscriptions',
      labelNames: ['route'],
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2],
      registers,
    })
    this.#events = new Counter({
      name: 'gravitas_events_delivered_total',
      help: 'Answers sent to subscribers',
      registers,
    })
    new Gauge({
      name: 'gravitas_subscribers',
      help: 'Open subscriptions',
      labelNames: ['field'],
      registers,
      collect() {
        for (const [field, open] of Object.entries(context.live.subscribers)) this.set({ field }, open)
      },
    })
    new Gauge({
      name: 'gravitas_projection_lag_events',
      help: 'Events that a read model has not applied yet',
      labelNames: ['projection'],
      registers,
      collect() {
        for (const { name, lag } of context.sampler.sample.readModels) this.set({ projection: name }, lag)
      },
    })
    new Gauge({
      name: 'gravitas_projection_lost_events',
      help: 'Events that the log no longer has and no erasure explains',
      labelNames: ['projection'],
      registers,
      collect() {
        for (const { name, lostEvents } of context.sampler.sample.readModels) this.set({ projection: name }, lostEvents)
      },
    })
    new Gauge({
      name: 'gravitas_projection_lag_seconds',
      help: 'Age of the oldest event that a read model has not applied yet',
      labelNames: ['projection'],
      registers,
      collect() {
        this.reset()
        for (const { name, lagSeconds } of context.sampler.sample.readModels)
          if (lagSeconds !== undefined) this.set({ projection: name }, lagSeconds)
      },
    })
    new Gauge({
      name: 'gravitas_problem',
      help: 'Number of current problems with this code',
      labelNames: ['code', 'severity'],
      registers,
      collect() {
        this.reset()
        for (const { code, severity } of context.sampler.problems) this.inc({ code, severity })
      },
    })
    new Gauge({
      name: 'gravitas_heartbeat_age_seconds',
      help: 'Time since the last heartbeat of each process that has not said that it ended',
      labelNames: ['process', 'host', 'pid'],
      registers,
      collect() {
        this.reset()
        for (const { heartbeat, silentMs } of context.sampler.sample.processes) {
          const { name: process, host, pid, state } = heartbeat
          if (state === 'running') this.set({ process, host, pid }, silentMs / 1_000)
        }
      },
    })
    new Gauge({
      name: 'gravitas_read_model_wal_bytes',
      help: "Size of a read model's write-ahead log",
      labelNames: ['projection'],
      registers,
      collect() {
        for (const [name, file] of context.models.files) this.set({ projection: name }, file.writeAheadLogBytes)
      },
    })
  }

  delivered(events: number): void {
    this.#events.inc(events)
  }

  answered(route: string, response: ServerResponse, seconds: number): void {
    this.#requests.inc({ route, status: response.statusCode })
    const isSubscription = response.getHeader('content-type') === 'text/event-stream'
    if (!isSubscription) this.#seconds.observe({ route }, seconds)
  }
}
