import { createRequire } from 'node:module'
import { join } from 'node:path'
import { symbolProperty } from '@seaworthy/internal'

/** The hooks that were added before ours. Without them, responses that those hooks send lack the id. */
const hooksOf = (fastify: object, name: string): unknown =>
  (symbolProperty(fastify, 'fastify.hooks') as Record<string, unknown> | undefined)?.[name]

/** Whether the app has a hook of this name already. */
export function hasHook(fastify: object, name: string): boolean {
  const hooks = hooksOf(fastify, name)
  return Array.isArray(hooks) && hooks.length > 0
}

/** Whether {@link hasHook} finds the hooks of this Fastify. */
export const hooksAreReadable = (fastify: object): boolean => Array.isArray(hooksOf(fastify, 'onRequest'))

/** Whether Fastify is loaded: an agent does not see what was loaded before it. Without its path, no warning. */
export function fastifyIsLoaded(): boolean {
  const { cache } = createRequire(join(process.cwd(), 'package.json'))
  return Object.keys(cache).some((file) => /[\\/]fastify[\\/]fastify\.js$/.test(file))
}

const controllerBrand = Symbol.for('seaworthy.log-controller.v1')

/**
 * Marks a log controller as one that every loaded copy of Fastify accepts: a monorepo may have several, and each asks
 * for an instance of its own class. Without it, Fastify's error stops the start of an app with another copy than ours.
 */
export function shareLogController<T extends object>(controller: T): T {
  const { cache } = createRequire(join(process.cwd(), 'package.json'))
  for (const file of Object.keys(cache)) {
    // The expression alone takes longer for hundreds of files.
    if (!file.endsWith('log-controller.js') || !/[\\/]fastify[\\/]lib[\\/]log-controller\.js$/.test(file))
      continue
    const { LogController } = (cache[file]?.exports ?? {}) as { LogController?: object }
    if (typeof LogController !== 'function' || controller instanceof LogController) continue
    Object.defineProperty(LogController, Symbol.hasInstance, {
      configurable: true,
      value(this: object, value: object) {
        const isInstance = Function.prototype[Symbol.hasInstance] as (this: object, value: unknown) => boolean
        return isInstance.call(this, value) || Reflect.get(Object(value), controllerBrand) === true
      }
    })
  }
  return Object.defineProperty(controller, controllerBrand, { value: true })
}
