import type { FastifyInstance } from 'fastify'
import { replacedPlugins } from '../parts/decide.ts'
import { partNames } from '../parts/options.ts'
import type { PartReport } from '../parts/report.ts'

const metadata = Symbol.for('plugin-meta')

/**
 * An app that registers a plugin which a part has brought already would crash the process, uncaught, or silently
 * undo the part. From here on such a registration is one readable error. Child scopes inherit the guard.
 */
export function rejectDuplicatePlugins(
  fastify: FastifyInstance,
  reports: readonly PartReport[],
  broughtCookies: boolean
): void {
  const taken = new Map<string, string>([['fastify-seaworthy', 'it is registered already: once is enough']])
  if (broughtCookies)
    taken.set(
      '@fastify/cookie',
      'the part "auth" has brought it. Remove yours, or register it before seaworthy'
    )
  const on = (name: string) => reports.some(({ part, state }) => part === name && state === 'on')
  const free = (name: string) => reports.some(({ part, state }) => part === name && state !== 'on')
  for (const part of partNames.filter(on)) {
    taken.set(`@seaworthy/${part}`, hint(part, `{ ${part}: false }`))
    if (part === 'auth') taken.set('@fastify/auth', hint(part, '{ auth: false }'))
    for (const { plugin, key } of replacedPlugins[part]) {
      if (key === undefined) taken.set(plugin, hint(part, `{ ${part}: false }`))
      else if (!free(`${part}.${key}`))
        taken.set(plugin, hint(`${part}.${key}`, `{ ${part}: { ${key}: false } }`))
    }
  }

  const register = fastify.register as (...args: unknown[]) => unknown
  const guarded = function (this: FastifyInstance, plugin: unknown, ...rest: unknown[]) {
    const name = pluginName(plugin)
    const why = name === undefined ? undefined : taken.get(name)
    if (why !== undefined) throw new Error(`seaworthy: cannot register "${name}": ${why}`)
    return register.call(this, plugin, ...rest)
  }
  fastify.register = guarded as FastifyInstance['register']
}

const hint = (part: string, off: string): string =>
  `the part "${part}" does this already. Pass ${off} to seaworthy, or register yours before it`

/** The name that fastify-plugin gave it; of the default export too, as `import()` hands it over. */
function pluginName(plugin: unknown): string | undefined {
  const candidates = [plugin, (plugin as { default?: unknown } | undefined)?.default]
  for (const candidate of candidates) {
    if (typeof candidate !== 'function') continue
    const { name } = (candidate as { [metadata]?: { name?: string } })[metadata] ?? {}
    if (name !== undefined) return name
  }
  return undefined
}
