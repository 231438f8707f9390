import type { FastifyInstance } from 'fastify'
import { observabilityPluginHalf } from './split-observability.ts'
import { partOptions, type PartName, type PartOptions, type SeaworthyOptions } from './options.ts'
import type { PartReport, PartState } from './report.ts'

/** A plugin that does what a part does, and the switch that leaves it to the app. */
export interface ReplacedPlugin {
  plugin: string
  /** The key inside the part's options; the part as a whole without it. */
  key?: string
  /** On only when its options are given. */
  optional?: true
}

export const replacedPlugins: Record<PartName, readonly ReplacedPlugin[]> = {
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
    { plugin: '@fastify/jwt', key: 'jwt', optional: true },
    { plugin: '@fastify/secure-session', key: 'session', optional: true },
    { plugin: '@fastify/session', key: 'session', optional: true }
  ]
}

/** What each part puts on the app, its requests and replies. */
export const decorators: Record<PartName, readonly string[]> = {
  observability: ['observability'],
  errors: [],
  shutdown: ['shutdown'],
  health: ['health'],
  resilience: ['resilience', 'deadline', 'degraded'],
  security: ['security', 'rateLimit', 'createRateLimit', 'cspNonce', 'helmet'],
  auth: ['auth', 'authenticate', 'authorize', 'identity']
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

  const whole = replacedPlugins[part].find(({ plugin, key }) => key === undefined && fastify.hasPlugin(plugin))
  if (whole) return out('backed off', `"${whole.plugin}" was registered before`)

  const taken = decorators[part].find((name) => part === name && fastify.hasDecorator(name))
  if (taken !== undefined) {
    const reason = `the app has a decorator "${taken}" of its own`
    if (given === undefined) return out('backed off', reason)
    // Backing off would drop, without a word, what these options ask for.
    throw new Error(
      `seaworthy: ${reason}, and the part "${part}" brings one. Remove it, or pass { ${part}: false }`
    )
  }

  const own: Record<string, unknown> =
    part === 'observability' ? { ...observabilityPluginHalf(partOptions(given)) } : { ...partOptions(given) }
  const reports: PartReport[] = [
    { part, state: 'on', reason: typeof given === 'object' ? 'options given' : 'default' }
  ]
  for (const key of new Set(replacedPlugins[part].map((one) => one.key))) {
    if (key === undefined) continue
    const some = replacedPlugins[part].filter((one) => one.key === key)
    const theirs = some.find(({ plugin }) => fastify.hasPlugin(plugin))
    const say = (state: PartState, reason: string) => reports.push({ part: `${part}.${key}`, state, reason })
    if (own[key] === false) say('off', 'switched off')
    else if (theirs) {
      own[key] = false
      say('backed off', `"${theirs.plugin}" was registered before`)
    } else if (own[key] === undefined && some[0]!.optional) say('off', 'no options given')
  }
  return { reports, options: own }
}
