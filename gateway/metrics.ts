import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { GatewayContext } from './context.ts'

/** What Prometheus reads at /metrics. */
export class Metrics {
  readonly registry = new Registry()
  readonly #requests
  readonly #seconds

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
      help: 'Time to answer, subscriptions left out',
      labelNames: ['route'],
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2],
      registers,
    })
    new Gauge({
      name: 'gravitas_subscribers',
      help: 'Open subscriptions',
      registers,
      collect() {
        this.set(context.live.subscribers)
      },
    })
    new Gauge({
      name: 'gravitas_projection_lag_events',
      help: 'Events that a read model has not applied yet',
      labelNames: ['projection'],
      registers,
      async collect() {
        for (const { name, lag } of (await context.pipeline.read()).projections) this.set({ projection: name }, lag)
      },
    })
    new Gauge({
      name: 'gravitas_projection_holes',
      help: 'Gaps in the log that a read model has met: data was lost',
      labelNames: ['projection'],
      registers,
      collect() {
        for (const { name, holes } of context.pipeline.projections()) this.set({ projection: name }, holes)
      },
    })
  }

  observe(route: string, status: number, seconds: number): void {
    this.#requests.inc({ route, status })
    this.#seconds.observe({ route }, seconds)
  }
}
