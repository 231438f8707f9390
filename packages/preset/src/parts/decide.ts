import type { FastifyInstance } from 'fastify'
import { giveWayToCaching } from './caching.ts'
import { partOptions, type PartName, type PartOptions, type SeaworthyOptions } from './options.ts'
import { partDecorators, replacedPlugins } from './part-plugins.ts'
import type { PartReport, PartState } from './report.ts'
import { observabilityPluginHalf } from './split-observability.ts'

type Options = Record<string, unknown>

/** The decision about one part. `options` is undefined when the part is not registered. */
export interface Decision {
  reports: PartReport[]
  options: Options | undefined
}

/** Decides whether a part is registered: by its switch, and by the plugins and decorators that the app has. */
export function decide(fastify: FastifyInstance, part: PartName, options: SeaworthyOptions): Decision {
  const value = options[part] as PartOptions<Options> | undefined
  if (value === false) return leaveOut(part, 'off', 'switched off')
  const reason = replacement(fastify, part) ?? decoratorConflict(fastify, part, value !== undefined)
  if (reason !== undefined) return leaveOut(part, 'backed off', reason)

  const optionsOfPart: Options =
    part === 'observability' ? { ...observabilityPluginHalf(partOptions(value)) } : { ...partOptions(value) }
  const state: PartReport = {
    part,
    state: 'on',
    reason: typeof value === 'object' ? 'options given' : 'default'
  }
  return { reports: [state, ...switchKeys(fastify, part, optionsOfPart)], options: optionsOfPart }
}

const leaveOut = (part: PartName, state: PartState, reason: string): Decision => ({
  reports: [{ part, state, reason }],
  options: undefined
})

/** The plugin of the app that replaces the whole part. */
function replacement(fastify: FastifyInstance, part: PartName): string | undefined {
  const whole = replacedPlugins[part].filter(({ key }) => key === undefined).map(({ plugin }) => plugin)
  const registered = [`@seaworthy/${part}`, ...whole].find((name) => fastify.hasPlugin(name))
  return registered === undefined ? undefined : `"${registered}" was registered before`
}

/** The app has the part's main decorator already. To back off would silently drop options that are set. */
function decoratorConflict(
  fastify: FastifyInstance,
  part: PartName,
  hasOptions: boolean
): string | undefined {
  if (!partDecorators[part].includes(part) || !fastify.hasDecorator(part)) return undefined
  const reason = `the app has a decorator "${part}" of its own`
  if (!hasOptions) return reason
  throw new Error(
    `seaworthy: ${reason}, and the part "${part}" adds one. Remove it, or pass { ${part}: false }`
  )
}

/** Switches off the keys inside a part's options that a plugin of the app replaces. */
function switchKeys(fastify: FastifyInstance, part: PartName, options: Options): PartReport[] {
  const reports: PartReport[] = []
  const report = (key: string, state: PartState, reason: string) =>
    reports.push({ part: `${part}.${key}`, state, reason })

  const keys = new Set(replacedPlugins[part].flatMap(({ key }) => key ?? []))
  for (const key of keys) {
    const plugins = replacedPlugins[part].filter((candidate) => candidate.key === key)
    const registered = plugins.find(({ plugin }) => fastify.hasPlugin(plugin))
    if (options[key] === false) report(key, 'off', 'switched off')
    else if (registered) {
      options[key] = false
      report(key, 'backed off', `"${registered.plugin}" was registered before`)
    } else if (options[key] === undefined && plugins[0]!.optional) report(key, 'off', 'no options given')
  }
  if (part === 'security') giveWayToCaching(fastify, options, reports)
  return reports
}
