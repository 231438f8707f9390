import {
  managementPort,
  type Management,
  type Meter,
  meterPort,
  type MetricOptions,
  propagatorPort,
  provide,
  type ReadinessCheckOptions,
  readinessPort
} from '@seaworthy/contract'
import Fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'

export interface Told {
  /** By name and label values: `breaker_calls_total users success`. */
  values: Record<string, number>
  metrics: Record<string, MetricOptions>
  observations: Record<string, number[]>
  checks: Record<
    string,
    { check: (signal: AbortSignal) => unknown; options: ReadinessCheckOptions | undefined }
  >
  sections: Record<string, () => unknown>
  operators: FastifyInstance
  scrape(): void
}

/** Stands in for the plugins that resilience meets: what they offer, and what they were told. */
export function neighbours(): { told: Told; plugin: FastifyPluginAsync } {
  const collectors: (() => void)[] = []
  const told: Told = {
    values: {},
    metrics: {},
    observations: {},
    checks: {},
    sections: {},
    operators: Fastify(),
    scrape: () => {
      for (const collect of collectors) collect()
    }
  }
  const key = (name: string, values: string[]) => [name, ...values].join(' ')
  const cell = (name: string, values: string[]) => {
    const at = key(name, values)
    return {
      inc: (value = 1) => void (told.values[at] = (told.values[at] ?? 0) + value),
      dec: (value = 1) => void (told.values[at] = (told.values[at] ?? 0) - value),
      set: (value: number) => void (told.values[at] = value)
    }
  }
  const meter: Meter = {
    counter(options) {
      told.metrics[options.name] = options
      return { with: (...values) => cell(options.name, values) }
    },
    gauge(options) {
      told.metrics[options.name] = options
      const family = { with: (...values: string[]) => cell(options.name, values) }
      const { collect } = options
      if (collect) collectors.push(() => collect(family))
      return family
    },
    histogram(options) {
      told.metrics[options.name] = options
      return {
        with: (...values) => ({
          observe: (value) => void (told.observations[key(options.name, values)] ??= []).push(value)
        })
      }
    }
  }
  const management: Management = {
    route: (options) => void told.operators.route(options),
    section: (name, snapshot) => void (told.sections[name] = snapshot)
  }
  const plugin: FastifyPluginAsync = async (fastify) => {
    provide(fastify, meterPort, meter)
    provide(fastify, managementPort, management)
    provide(fastify, propagatorPort, {
      inject: (request, carrier) => void (carrier['x-correlation-id'] ??= request.id)
    })
    provide(fastify, readinessPort, {
      addCheck: (name, check, options) => void (told.checks[name] = { check, options }),
      hold: () => () => undefined
    })
  }
  return { told, plugin: fp(plugin) }
}
