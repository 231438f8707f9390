import { isThenable } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'
import { pluginName } from '../internals.ts'
import { partNames, partOptions, type SecurityPart, type SeaworthyOptions } from '../parts/options.ts'
import { replacedPlugins } from '../parts/part-plugins.ts'
import type { PartReport } from '../parts/report.ts'
import { cachingPlugin, warnOfLateCaching } from '../parts/caching.ts'
import { giveWay } from './give-way.ts'

/** A plugin that a part replaces: why it is rejected, unless that part can give way. */
interface Duplicate {
  reason: string
  part?: string
}

/**
 * Handles the registration of a plugin that a part has registered or replaces. The part gives way if it can; in a child
 * scope both apply. Otherwise the registration is rejected with an error that names the part and its switch: it would
 * crash the process, or silently undo the part. Child scopes inherit the check.
 *
 * @param addedCookies - Whether the auth part has registered `@fastify/cookie`.
 */
export function handleLaterPlugins(
  fastify: FastifyInstance,
  reports: PartReport[],
  options: SeaworthyOptions,
  addedCookies: boolean
): void {
  const duplicates = duplicatePlugins(reports)
  if (addedCookies)
    duplicates.set('@fastify/cookie', {
      reason: 'the part "auth" has registered it. Remove yours, or register it before seaworthy'
    })

  const headers = { ...partOptions<SecurityPart>(options.security) }.headers
  let isUncached =
    reports.some(({ part, state }) => part === 'security' && state === 'on') &&
    !reports.some(({ part }) => part.startsWith('security.headers')) &&
    (typeof headers !== 'object' || headers.cacheControl === undefined) &&
    options.adopt !== true
  let isCombined = false
  const register = fastify.register as (...args: unknown[]) => unknown
  const handle = (instance: FastifyInstance, plugin: unknown): unknown => {
    const name = pluginName(plugin)
    if (name === cachingPlugin && isUncached) {
      isUncached = false
      warnOfLateCaching(fastify)
    }
    const duplicate = name === undefined ? undefined : duplicates.get(name)
    if (name === undefined || duplicate === undefined) return plugin
    const { reason, part } = duplicate
    const isAllowed =
      part !== undefined &&
      (instance === fastify ? giveWay(fastify, reports, part, name) : combinable.has(part))
    if (!isAllowed) throw new Error(`seaworthy: cannot register "${name}": ${reason}`)
    if (instance === fastify) duplicates.delete(name)
    else if (part === 'security.rateLimit' && !isCombined) {
      isCombined = true
      fastify.log.warn(
        `seaworthy: a scope of the app registers "${name}"; both its limit and ours apply there, so the lower one decides; ` +
          'write { security: { rateLimit: false } } to keep yours alone, or remove yours'
      )
    }
    return plugin
  }
  const checked = function (this: FastifyInstance, plugin: unknown, ...rest: unknown[]) {
    const handled = isThenable(plugin)
      ? plugin.then((imported) => handle(this, imported))
      : handle(this, plugin)
    return register.call(this, handled, ...rest)
  }
  fastify.register = checked as FastifyInstance['register']
}

/** Parts that work beside a plugin of one scope: its headers override ours, its limit applies besides ours. */
const combinable: ReadonlySet<string> = new Set(['security.headers', 'security.rateLimit'])

/** The plugins that the parts replace. */
function duplicatePlugins(reports: readonly PartReport[]): Map<string, Duplicate> {
  const hasState = (name: string, isOn: boolean) =>
    reports.some(({ part, state }) => part === name && (state === 'on') === isOn)
  const duplicates = new Map<string, Duplicate>([
    ['fastify-seaworthy', { reason: 'it is registered already: once is enough' }]
  ])

  for (const part of partNames.filter((name) => hasState(name, true))) {
    const reason = reasonFor(part, `{ ${part}: false }`)
    duplicates.set(`@seaworthy/${part}`, { reason })
    if (part === 'auth') duplicates.set('@fastify/auth', { reason })
    for (const { plugin, key } of replacedPlugins[part]) {
      if (key === undefined) duplicates.set(plugin, { reason })
      else if (!hasState(`${part}.${key}`, false))
        duplicates.set(plugin, {
          reason: reasonFor(`${part}.${key}`, `{ ${part}: { ${key}: false } }`),
          part: `${part}.${key}`
        })
    }
  }
  return duplicates
}

const reasonFor = (part: string, off: string): string =>
  `the part "${part}" does this already. Pass ${off} to seaworthy, or register yours before it`
