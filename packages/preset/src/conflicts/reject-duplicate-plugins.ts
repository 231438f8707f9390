import type { FastifyInstance } from 'fastify'
import { pluginName } from '../internals.ts'
import { partNames } from '../parts/options.ts'
import { replacedPlugins } from '../parts/part-plugins.ts'
import type { PartReport } from '../parts/report.ts'

/**
 * Rejects the registration of a plugin that a part has registered or replaces, with an error that names the part and
 * its switch. Otherwise it would crash the process, or silently undo the part. Child scopes inherit the check.
 *
 * @param addedCookies - Whether the auth part has registered `@fastify/cookie`.
 */
export function rejectDuplicatePlugins(
  fastify: FastifyInstance,
  reports: readonly PartReport[],
  addedCookies: boolean
): void {
  const reasons = duplicateReasons(reports)
  if (addedCookies)
    reasons.set(
      '@fastify/cookie',
      'the part "auth" has registered it. Remove yours, or register it before seaworthy'
    )

  const register = fastify.register as (...args: unknown[]) => unknown
  const checked = function (this: FastifyInstance, plugin: unknown, ...rest: unknown[]) {
    const name = pluginName(plugin)
    const reason = name === undefined ? undefined : reasons.get(name)
    if (reason !== undefined) throw new Error(`seaworthy: cannot register "${name}": ${reason}`)
    return register.call(this, plugin, ...rest)
  }
  fastify.register = checked as FastifyInstance['register']
}

/** The plugins that the parts replace, each with the reason why it is rejected. */
function duplicateReasons(reports: readonly PartReport[]): Map<string, string> {
  const hasState = (name: string, isOn: boolean) =>
    reports.some(({ part, state }) => part === name && (state === 'on') === isOn)
  const reasons = new Map([['fastify-seaworthy', 'it is registered already: once is enough']])

  for (const part of partNames.filter((name) => hasState(name, true))) {
    const partReason = reasonFor(part, `{ ${part}: false }`)
    reasons.set(`@seaworthy/${part}`, partReason)
    if (part === 'auth') reasons.set('@fastify/auth', partReason)
    for (const { plugin, key } of replacedPlugins[part]) {
      if (key === undefined) reasons.set(plugin, partReason)
      else if (!hasState(`${part}.${key}`, false))
        reasons.set(plugin, reasonFor(`${part}.${key}`, `{ ${part}: { ${key}: false } }`))
    }
  }
  return reasons
}

const reasonFor = (part: string, off: string): string =>
  `the part "${part}" does this already. Pass ${off} to seaworthy, or register yours before it`
