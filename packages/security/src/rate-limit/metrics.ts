import { meterPort, whenProvided, type CounterCell, type MetricFamily } from '@seaworthy/contract'
import type { FastifyInstance } from 'fastify'

/** What became of a request at one limit. */
export type Outcome = 'allowed' | 'refused' | 'observed' | 'skipped' | 'open' | 'closed'

/** Counts outcomes, where somebody keeps metrics; nothing at all where not. */
export interface Outcomes {
  count(limit: string, outcome: Outcome): void
  storeError(reason: string): void
}

/** Binds to the meter once it is there. Keys are never labels: limits and outcomes are few. */
export function watchOutcomes(fastify: FastifyInstance, storeUp: () => boolean): Outcomes {
  let family: MetricFamily<CounterCell> | undefined
  let errors: MetricFamily<CounterCell> | undefined
  const cells = new Map<string, Partial<Record<Outcome, CounterCell>>>()

  whenProvided(fastify, meterPort, (meter) => {
    family = meter.counter({
      name: 'rate_limit_requests_total',
      help: 'Requests by limit and what became of them',
      labels: ['limit', 'outcome'],
      maxSeries: 1000
    })
    errors = meter.counter({
      name: 'rate_limit_store_errors_total',
      help: 'Calls to the shared store of rate limits that failed',
      labels: ['reason']
    })
    meter.gauge({
      name: 'rate_limit_store_up',
      help: 'Whether the shared store of rate limits answers',
      collect: (gauge) => gauge.with().set(storeUp() ? 1 : 0)
    })
  })

  return {
    count(limit, outcome) {
      if (family === undefined) return
      let byOutcome = cells.get(limit)
      if (byOutcome === undefined) cells.set(limit, (byOutcome = {}))
      const cell = (byOutcome[outcome] ??= family.with(limit, outcome))
      cell.inc()
    },
    storeError: (reason) => errors?.with(reason).inc()
  }
}
