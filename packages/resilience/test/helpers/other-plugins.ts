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

export interface Observed {
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

/** Replaces the other plugins: provides their ports and records how they are used. */
export function otherPlugins(): { observed: Observed; plugin: FastifyPluginAsync } {
  const collectors: (() => void)[] = []
  const observed: Observed = {
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
      inc: (value = 1) => void (observed.values[at] = (observed.values[at] ?? 0) + value),
      dec: (value = 1) => void (observed.values[at] = (observed.values[at] ?? 0) - value),
      set: (value: number) => void (observed.values[at] = value)
    }
  }
  const meter: Meter = {
    counter(options) {
      observed.metrics[options.name] = options
      return { with: (...values) => cell(options.name, values) }
    },
    gauge(options) {
      observed.metrics[options.name] = options
      const family = { with: (...values: string[]) => cell(options.name, values) }
      const { collect } = options
      if (collect) collectors.push(() => collect(family))
      return family
    },
    histogram(options) {
      observed.metrics[options.name] = options
      return {
        with: (...values) => ({
          observe: (value) => void (observed.observations[key(options.name, values)] ??= []).push(value)
        })
      }
    }
  }
  const management: Management = {
    route: (options) => void observed.operators.route(options),
    section: (name, snapshot) => void (observed.sections[name] = snapshot)
  }
  const plugin: FastifyPluginAsync = async (fastify) => {
    fastify.addHook('onClose', async () => observed.operators.close())
    provide(fastify, meterPort, meter)
    provide(fastify, managementPort, management)
    provide(fastify, propagatorPort, {
      inject: (request, carrier) => void (carrier['x-correlation-id'] ??= request.id)
    })
    provide(fastify, readinessPort, {
      addCheck: (name, check, options) => void (observed.checks[name] = { check, options }),
      hold: () => () => undefined
    })
  }
  return { observed, plugin: fp(plugin) }
}
