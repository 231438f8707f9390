import fastifyJwt, { type FastifyJWTOptions } from '@fastify/jwt'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

/**
 * Registers `@fastify/jwt` with another `request.jwtVerify()`.
 *
 * Why: `@fastify/jwt` verifies with one key and one set of rules; ours accepts all keys and issuers. A request
 * decorator cannot be replaced afterwards, so the plugin gets a proxy of the instance that decorates with ours.
 * Without it (a version that decorates in another way): `request.jwtVerify()` of `@fastify/jwt` stays, which rejects
 * tokens of other keys and issuers, and a warning is logged. `app.authenticate` does not depend on it.
 *
 * `reply.jwtSign()` is replaced likewise: ours signs with a key that came after the start. Without it, the key of the start
 * goes on signing there.
 *
 * @param replace - Makes the replacements. They get the functions of `@fastify/jwt`.
 */
export async function registerFastifyJwt(
  fastify: FastifyInstance,
  options: FastifyJWTOptions,
  replace: { verify(original: unknown): unknown; sign(original: unknown): unknown }
): Promise<void> {
  let replaced = false
  const withReplacement = (
    instance: FastifyInstance,
    jwtOptions: FastifyJWTOptions,
    done: (error?: Error) => void
  ): void => {
    const host = new Proxy(instance, {
      get(target, name) {
        if (name === 'decorateReply')
          return (property: string, value: unknown) =>
            target.decorateReply(property, (property === 'jwtSign' ? replace.sign(value) : value) as never)
        if (name !== 'decorateRequest') return Reflect.get(target, name) as unknown
        return (property: string, value: unknown) => {
          if (property !== 'jwtVerify') return target.decorateRequest(property, value)
          replaced = true
          return target.decorateRequest('jwtVerify', replace.verify(value) as never)
        }
      }
    })
    try {
      fastifyJwt(host, jwtOptions, done)
    } catch (error) {
      // avvio would let it end the process: a decorator whose name is taken.
      done(error as Error)
    }
  }
  await fastify.register(fp(withReplacement, { name: '@fastify/jwt', fastify: '5.x' }), options)
  if (!replaced) {
    fastify.log.warn(
      'auth: request.jwtVerify() of this @fastify/jwt cannot be replaced; it accepts the current key only; use app.authenticate'
    )
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
