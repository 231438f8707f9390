import { meterPort, whenProvided } from '@seaworthy/contract'
import { LazyCounter } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'
import { joinRegistrations } from '../registrations.ts'

/** The outcome of a request at one limit. `open` and `closed`: Redis did not answer, and the policy decided. */
export type LimitOutcome = 'allowed' | 'rejected' | 'observed' | 'skipped' | 'open' | 'closed'

/** The metrics of rate limits. Without a meter nothing is counted. */
export interface LimitMetrics {
  count(limit: string, outcome: LimitOutcome): void
  storeError(reason: string): void
}

/** Creates the metrics. Limits and outcomes are few; keys of clients are never labels. */
export function createLimitMetrics(fastify: FastifyInstance, storeUp: () => boolean): LimitMetrics {
  const requests = new LazyCounter(fastify, {
    name: 'rate_limit_requests_total',
    help: 'Requests by limit and outcome',
    labels: ['limit', 'outcome'],
    maxSeries: 1000
  })
  const errors = new LazyCounter(fastify, {
    name: 'rate_limit_store_errors_total',
    help: 'Calls to the shared store of rate limits that failed',
    labels: ['reason']
  })
  const allUp = joinRegistrations(fastify, 'rate-limit-stores.v1', storeUp)
  whenProvided(fastify, meterPort, (meter) => {
    meter.gauge({
      name: 'rate_limit_store_up',
      help: 'Whether the shared store of rate limits answers',
      collect: (gauge) => gauge.with().set(allUp.every((isUp) => isUp()) ? 1 : 0)
    })
  })
  return {
    count: (limit, outcome) => requests.inc(limit, outcome),
    storeError: (reason) => errors.inc(reason)
  }
}
