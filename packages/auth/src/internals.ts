import fastifyJwt, { type FastifyJWTOptions } from '@fastify/jwt'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

/**
 * Registers `@fastify/jwt` with another `request.jwtVerify()`.
 *
 * What for: `@fastify/jwt` verifies with one key and one set of rules; ours accepts all keys and issuers. A request
 * decorator cannot be replaced afterwards, so the plugin gets a proxy of the instance that decorates with ours.
 * Without it (a version that decorates in another way): `request.jwtVerify()` of `@fastify/jwt` stays, which rejects
 * tokens of other keys and issuers, and a warning is logged. `app.authenticate` does not depend on it.
 *
 * @param replace - Makes the replacement. It gets the function of `@fastify/jwt`.
 */
export async function registerFastifyJwt(
  fastify: FastifyInstance,
  options: FastifyJWTOptions,
  replace: (original: unknown) => unknown
): Promise<void> {
  let replaced = false
  const withReplacement = (
    instance: FastifyInstance,
    jwtOptions: FastifyJWTOptions,
    done: (error?: Error) => void
  ): void => {
    const host = new Proxy(instance, {
      get(target, name) {
        if (name !== 'decorateRequest') return Reflect.get(target, name) as unknown
        return (property: string, value: unknown) => {
          if (property !== 'jwtVerify') return target.decorateRequest(property, value)
          replaced = true
          return target.decorateRequest('jwtVerify', replace(value) as never)
        }
      }
    })
    fastifyJwt(host, jwtOptions, done)
  }
  await fastify.register(fp(withReplacement, { name: '@fastify/jwt', fastify: '5.x' }), options)
  if (!replaced) {
    fastify.log.warn(
      'auth: request.jwtVerify() of this @fastify/jwt cannot be replaced; it accepts the current key only; use app.authenticate'
    )
  }
}
