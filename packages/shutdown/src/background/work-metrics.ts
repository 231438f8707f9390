import {
  meterPort,
  whenProvided,
  type GaugeCell,
  type HistogramCell,
  type MetricFamily
} from '@seaworthy/contract'
import { LazyCounter } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'

const buckets = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300]

/** The metrics of background work, by its name. Without a meter it does nothing. */
export class WorkMetrics {
  readonly #ended: LazyCounter
  #inFlight: MetricFamily<GaugeCell> | undefined
  #durations: MetricFamily<HistogramCell> | undefined

  constructor(fastify: FastifyInstance) {
    this.#ended = new LazyCounter(fastify, {
      name: 'background_work_total',
      help: 'Background work that has ended, by outcome: success, failure or cut by the shutdown',
      labels: ['name', 'outcome']
    })
    whenProvided(fastify, meterPort, (meter) => {
      const labels = ['name']
      this.#inFlight = meter.gauge({
        name: 'background_work_in_flight',
        help: 'Background work that is under way',
        labels
      })
      this.#durations = meter.histogram({
        name: 'background_work_duration_seconds',
        help: 'How long background work took',
        labels,
        buckets
      })
    })
  }

  started(name: string): void {
    this.#inFlight?.with(name).inc()
  }

  /** @param duration - Milliseconds. */
  ended(name: string, outcome: 'success' | 'failure', duration: number): void {
    this.#inFlight?.with(name).dec()
    this.#durations?.with(name).observe(duration / 1000)
    this.#ended.inc(name, outcome)
  }

  cut(name: string): void {
    this.#ended.inc(name, 'cut')
  }
}
