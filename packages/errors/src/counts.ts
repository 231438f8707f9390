import type { FastifyInstance } from 'fastify'
import { meterPort, whenProvided, type CounterCell, type MetricFamily } from '@seaworthy/contract'

const maxSeries = 200

/** Counts errors by code and status. Without a meter it does nothing. */
export class ErrorCounts {
  #family: MetricFamily<CounterCell> | undefined
  readonly #cells = new Map<string, Map<number, CounterCell>>()
  #series = 0

  constructor(fastify: FastifyInstance) {
    whenProvided(fastify, meterPort, (meter) => {
      this.#family = meter.counter({
        name: 'errors_total',
        help: 'Errors answered, responses cut off and errors after the answer, by code',
        labels: ['code', 'status_code'],
        maxSeries
      })
    })
  }

  add(code: string, statusCode: number): void {
    if (this.#family === undefined) return
    const cell = this.#cells.get(code)?.get(statusCode) ?? this.#cell(this.#family, code, statusCode)
    cell.inc()
  }

  /** Kept for as many as the meter keeps; past that the meter's own overflow cell takes them. */
  #cell(family: MetricFamily<CounterCell>, code: string, statusCode: number): CounterCell {
    const cell = family.with(code, `${statusCode}`)
    if (this.#series >= maxSeries) return cell
    this.#series++
    const ofCode = this.#cells.get(code) ?? new Map<number, CounterCell>()
    this.#cells.set(code, ofCode.set(statusCode, cell))
    return cell
  }
}
