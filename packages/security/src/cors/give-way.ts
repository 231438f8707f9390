import { isThenable } from '@seaworthy/internal'
import type { FastifyInstance, FastifyPluginCallback, FastifyPluginOptions } from 'fastify'
import fp from 'fastify-plugin'

const official = '@fastify/cors'
const pluginMetadata = Symbol.for('plugin-meta')
const ours = Symbol.for('seaworthy.security.cors.v1')

/** Whether the app has registered @fastify/cors itself, and not by ours. */
export const hasOfficialCors = (fastify: FastifyInstance): boolean =>
  fastify.hasPlugin(official) && !fastify.hasDecorator(ours)

/**
 * Calls `giveWay` when the app registers @fastify/cors behind ours. Of the two routes for preflights, which would be the
 * same, ours stays: both are answered by the hook before it.
 */
export function whenCorsFollows(fastify: FastifyInstance, giveWay: () => void): void {
  if (!fastify.hasDecorator(ours)) fastify.decorate(ours, true)
  const register = fastify.register as (...args: unknown[]) => unknown
  const checked = function (this: FastifyInstance, plugin: unknown, ...rest: unknown[]) {
    if (this !== fastify) return register.call(this, plugin, ...rest)
    return register.call(this, isThenable(plugin) ? plugin.then(replaced) : replaced(plugin), ...rest)
  }
  const replaced = (plugin: unknown): unknown => {
    const official = [plugin, (plugin as { default?: unknown } | undefined)?.default].find(isOfficial)
    if (official === undefined) return plugin
    giveWay()
    return withoutPreflightRoute(official)
  }
  fastify.register = checked as FastifyInstance['register']
}

const isOfficial = (plugin: unknown): plugin is FastifyPluginCallback =>
  typeof plugin === 'function' &&
  (plugin as { [pluginMetadata]?: { name?: string } })[pluginMetadata]?.name === official

function withoutPreflightRoute(plugin: FastifyPluginCallback): FastifyPluginCallback {
  const register = (fastify: FastifyInstance, options: FastifyPluginOptions, done: () => void) => {
    const host = Object.assign(Object.create(fastify) as FastifyInstance, {
      options: (url: string, ...rest: unknown[]) =>
        url === '*' ? host : (fastify.options as (...args: unknown[]) => unknown)(url, ...rest),
      addHook(...args: unknown[]) {
        ;(fastify.addHook as (...args: unknown[]) => unknown).apply(fastify, args)
        return host
      },
      decorateRequest(...args: unknown[]) {
        ;(fastify.decorateRequest as (...args: unknown[]) => unknown).apply(fastify, args)
        return host
      }
    })
    return plugin(host, options, done)
  }
  return fp(register, { name: official, fastify: '5.x' })
}
