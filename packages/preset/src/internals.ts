import { symbolProperty } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'

// Every private part of Fastify and fastify-plugin that this package reads. Each function has a fallback, and
// `missingInternals` names at start what falls back.

/** The options of Fastify's constructor, with its defaults. Without `fastify.options` none count as missing. */
export function constructorOptions(fastify: FastifyInstance): Readonly<Record<string, unknown>> | undefined {
  return symbolProperty(fastify, 'fastify.options') as Readonly<Record<string, unknown>> | undefined
}

/**
 * All servers of the app: `localhost` may be two addresses (IPv4 and IPv6), of which Fastify publishes the first.
 * Without `fastify.serverBindings`, the second address keeps its TLS certificate until a restart.
 */
export function serversOf(fastify: FastifyInstance): unknown[] {
  const bindings = symbolProperty(fastify, 'fastify.serverBindings')
  return [fastify.server, ...(Array.isArray(bindings) ? (bindings as unknown[]) : [])]
}

/**
 * Whether the function is one that Fastify uses without the option. With other names than these, such an option does
 * not count as missing.
 */
export const isFastifyDefault = (value: unknown): boolean =>
  typeof value === 'function' && ['defaultClientErrorHandler', 'defaultGenReqId'].includes(value.name)

/** Whether the instance is a scope of another one. Fastify makes scopes that inherit from their parent. */
export const isChildScope = (fastify: FastifyInstance): boolean =>
  typeof (Object.getPrototypeOf(fastify) as Partial<FastifyInstance>).register === 'function'

/**
 * The routes of the whole app that lack a hook with this name, as `GET, HEAD /path`. The only view of a route's hooks is
 * the tree that `printRoutes` prints when the app is ready: each level is four columns deeper. `undefined` if the tree has
 * another format.
 */
export function routesWithout(fastify: FastifyInstance, hook: 'onError', name: string): string[] | undefined {
  const tree = fastify.printRoutes({ commonPrefix: false, includeHooks: true })
  const parts: string[] = []
  const routes: { name: string; has: boolean }[] = []
  for (const line of tree.split('\n')) {
    const meta = /\u2022 \((\w+)\) (.*)$/.exec(line)
    const [, indent = '', branch, text = '', methods] =
      /^((?:[\u2502 ] {3})*)([\u251c\u2514]\u2500\u2500 )?(.*?)(?: \(([A-Z][A-Z, -]*)\).*)?$/.exec(line) ?? []
    if (meta) {
      const last = routes.at(-1)
      if (last !== undefined && meta[1] === hook && meta[2]!.includes(`"${name}()"`)) last.has = true
      continue
    }
    if (branch !== undefined) parts.splice(indent.length / 4, Infinity, text)
    if (methods !== undefined) routes.push({ name: `${methods} ${parts.join('')}`, has: false })
  }
  if (routes.every(({ has }) => !has) && tree.includes('\u2500\u2500 ') && !tree.includes('\u2022 ('))
    return undefined
  return routes.filter(({ has }) => !has).map((route) => route.name)
}

const pluginMetadata = Symbol.for('plugin-meta')

/**
 * The name that fastify-plugin gave a plugin; also of a module with a default export, which `import()` resolves with.
 * Without `plugin-meta`, a plugin that is registered twice gets Fastify's own error.
 */
export function pluginName(plugin: unknown): string | undefined {
  const candidates = [plugin, (plugin as { default?: unknown } | undefined)?.default]
  for (const candidate of candidates) {
    if (typeof candidate !== 'function') continue
    const { name } = (candidate as { [pluginMetadata]?: { name?: string } })[pluginMetadata] ?? {}
    if (name !== undefined) return name
  }
  return undefined
}

/**
 * The private parts that are missing, each with the consequence.
 *
 * @param plugin - A plugin made by fastify-plugin with a name.
 * @param hasTls - Whether servers have certificates.
 */
export function missingInternals(fastify: FastifyInstance, plugin: unknown, hasTls = false): string[] {
  return [
    ...(constructorOptions(fastify) === undefined
      ? ['fastify.options (the constructor options are not checked)']
      : []),
    ...(!hasTls || Array.isArray(symbolProperty(fastify, 'fastify.serverBindings'))
      ? []
      : ['fastify.serverBindings (a second address of localhost keeps its TLS certificate)']),
    ...(pluginName(plugin) === undefined ? ['plugin-meta (duplicate plugins are not explained)'] : [])
  ]
}
