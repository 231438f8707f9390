import type { FastifyJWTOptions } from '@fastify/jwt'
import type { FastifyInstance } from 'fastify'
import { fastifyJwt } from './fast-jwt.cjs'

/** The parts that `@fastify/jwt` gives to an instance, a request and a reply. */
export interface FastifyJwtParts {
  readonly jwt: FastifyInstance['jwt']
  readonly jwtVerify: unknown
  readonly jwtDecode: unknown
  readonly jwtSign: unknown
}

/**
 * Runs `@fastify/jwt` and returns what it decorates, without decorating anything.
 *
 * Why: loading it and fast-jwt takes a fifth of the start of a small service, and a start needs neither. So their names are
 * decorated with functions that load them, and `@fastify/jwt` meets an instance that may have started long ago. Its
 * `request.jwtVerify()` and `reply.jwtSign()` know one key and one set of rules anyway; ours wrap them.
 * Without it (a version that decorates in another way): an error names the missing part when one of the names is used, and
 * in a warning after the start. `app.authenticate` does not depend on it.
 *
 * @throws Error for options that `@fastify/jwt` does not accept.
 */
export function fastifyJwtParts(fastify: FastifyInstance, options: FastifyJWTOptions): FastifyJwtParts {
  const found = new Map<PropertyKey, unknown>()
  const collect = (name: PropertyKey, value: unknown): void => void found.set(name, value)
  const host = new Proxy(fastify, {
    get: (target, name) =>
      (decorators as readonly PropertyKey[]).includes(name) ? collect : (Reflect.get(target, name) as unknown)
  })
  let failure: Error | undefined
  fastifyJwt()(host, options, (error) => (failure = error))
  if (failure) throw failure
  const part = (name: string): unknown => {
    if (found.has(name)) return found.get(name)
    throw new Error(`auth: this @fastify/jwt does not decorate "${name}"; use app.authenticate`)
  }
  return {
    jwt: part('jwt') as FastifyInstance['jwt'],
    jwtVerify: part('jwtVerify'),
    jwtDecode: part('jwtDecode'),
    jwtSign: part('jwtSign')
  }
}

/** Receives each hook that the app adds, with the instance on which it adds it. */
export type HookListener = (instance: object, name: string, hook: unknown) => void

/**
 * Reports the hooks that are added to an instance and its scopes from now on.
 *
 * Why: `scope.addHook('onRequest', app.authenticate)` guards the routes of the scope, and Fastify tells no plugin
 * which hooks a scope has. Scopes inherit the method from their parent, so one replacement is enough.
 * Without it (an instance whose method cannot be replaced): such routes count as routes without a rule in the matrix and
 * for `defaultDeny`. Their guard does not depend on it.
 */
export function watchHooks(fastify: FastifyInstance, listener: HookListener): void {
  const addHook = fastify.addHook as (...args: unknown[]) => unknown
  const watched = function (this: FastifyInstance, name: string, hook: unknown, ...rest: unknown[]): unknown {
    const result = addHook.call(this, name, hook, ...rest)
    listener(this, name, hook)
    return result
  }
  Reflect.set(fastify, 'addHook', watched)
}

/** Whether avvio is calling the function of a plugin. */
const isInPlugin = (): boolean => /[\\/]avvio[\\/]lib[\\/]plugin\.js/.test(new Error().stack ?? '')

const decorators = ['decorate', 'decorateRequest', 'decorateReply'] as const

/**
 * Explains the errors of decorators whose name is taken: those of this package while it loads, later those of the app
 * and of other plugins.
 *
 * Why: Fastify's error names neither this package nor the plugin that collides with it. A plugin with a callback, such as
 * @fastify/auth, would end the process with it: avvio does not catch what such a plugin throws. So the error is that of a
 * plugin inside, and the start rejects with it.
 * Without it (an instance whose methods cannot be replaced, or another loader of plugins): Fastify's error stays as it is,
 * or is thrown.
 *
 * @param explain - The message for a name. `isOurs`: this package has it, and another plugin collides.
 * @param givesWay - Whether a decorator of the instance is replaced by the app's.
 * @returns To be called when this package has loaded.
 */
export function explainCollisions(
  fastify: FastifyInstance,
  explain: (name: string, isOurs: boolean) => string,
  givesWay: (name: string) => boolean = () => false
): () => void {
  const ownDecorators = new Set<string>()
  let loading = true
  for (const method of decorators) {
    const original = fastify[method] as (...args: unknown[]) => unknown
    const explained = function (this: FastifyInstance, name: string | symbol, ...rest: unknown[]): unknown {
      const key = `${method} ${String(name)}`
      try {
        const result = original.call(this, name, ...rest)
        if (loading) ownDecorators.add(key)
        return result
      } catch (error) {
        const { code } = error as { code?: string }
        if (code !== 'FST_ERR_DEC_ALREADY_PRESENT' || !(loading || ownDecorators.has(key))) throw error
        if (method === 'decorate' && !loading && givesWay(String(name))) {
          ownDecorators.delete(key)
          Reflect.deleteProperty(this, name)
          return original.call(this, name, ...rest)
        }
        const explained = Object.assign(new Error(explain(String(name), !loading), { cause: error }), {
          code
        })
        if (loading || !isInPlugin()) throw explained
        this.register(async () => {
          throw explained
        })
        return this
      }
    }
    Reflect.set(fastify, method, explained)
  }
  return () => {
    loading = false
  }
}
