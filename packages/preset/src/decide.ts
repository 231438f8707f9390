import type { FastifyInstance } from 'fastify'
import { forPlugin } from './constructor-part.ts'
import { optionsOf, type PartName, type PartOptions, type SeaworthyOptions } from './options.ts'
import type { PartReport } from './report.ts'

/** A plugin that a part wraps, and the switch that leaves it to the app. */
export interface Wrapped {
  plugin: string
  /** The key inside the part's options; the part as a whole without it. */
  key?: string
}

export const wrapped: Record<PartName, readonly Wrapped[]> = {
  observability: [{ plugin: 'fastify-metrics', key: 'metrics' }],
  errors: [],
  shutdown: [{ plugin: 'fastify-graceful-shutdown' }],
  health: [],
  resilience: [],
  security: [
    { plugin: '@fastify/helmet', key: 'headers' },
    { plugin: '@fastify/cors', key: 'cors' },
    { plugin: '@fastify/rate-limit', key: 'rateLimit' }
  ],
  auth: [
    { plugin: '@fastify/jwt', key: 'jwt' },
    { plugin: '@fastify/secure-session', key: 'session' }
  ]
}

/** What one part will do. `options` is undefined when it stays out. */
export interface Decision {
  reports: PartReport[]
  options: Record<string, unknown> | undefined
}

/** Looks at the switch and at what the app has registered before, and decides. */
export function decide(fastify: FastifyInstance, part: PartName, options: SeaworthyOptions): Decision {
  const given = options[part] as PartOptions<Record<string, unknown>> | undefined
  const out = (state: 'off' | 'backed off', reason: string): Decision => ({
    reports: [{ part, state, reason }],
    options: undefined
  })
  if (given === false) return out('off', 'switched off')
  if (fastify.hasPlugin(`@seaworthy/${part}`))
    return out('backed off', `"@seaworthy/${part}" was registered before`)

  const whole = wrapped[part].find(({ plugin, key }) => key === undefined && fastify.hasPlugin(plugin))
  if (whole) return out('backed off', `"${whole.plugin}" was registered before`)

  const own: Record<string, unknown> =
    part === 'observability' ? { ...forPlugin(optionsOf(given)) } : { ...optionsOf(given) }
  const reports: PartReport[] = [
    { part, state: 'on', reason: typeof given === 'object' ? 'options given' : 'default' }
  ]
  for (const { plugin, key } of wrapped[part]) {
    if (key === undefined) continue
    const name = `${part}.${key}`
    if (own[key] === false) reports.push({ part: name, state: 'off', reason: 'switched off' })
    else if (fastify.hasPlugin(plugin)) {
      own[key] = false
      reports.push({ part: name, state: 'backed off', reason: `"${plugin}" was registered before` })
    }
  }
  return { reports, options: own }
}
