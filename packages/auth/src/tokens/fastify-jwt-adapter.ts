import fastifyJwt, { type FastifyJWTOptions } from '@fastify/jwt'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { AuthUser } from '../core/identity.ts'
import type { OwnKey, ResolvedJwt } from './options.ts'
import {
  jwtVerifyOf,
  type JwtVerifyParts,
  type Next,
  type Options,
  type RequestVerify
} from './jwt-verify.ts'

// Here the official declarations are in sight, and win. They are not in those that are published (`types/tokens.ts`).
declare module '@fastify/jwt' {
  interface FastifyJWT {
    user: AuthUser
  }
}

type Parts = Omit<JwtVerifyParts, 'lookup'>

/** @fastify/jwt, which signs, with a `request.jwtVerify()` that takes what `authenticate` takes. */
export async function registerJwt(fastify: FastifyInstance, jwt: ResolvedJwt, parts: Parts): Promise<void> {
  const [key] = jwt.keys as [OwnKey]
  const claims = { iss: jwt.issuer, aud: jwt.audience }
  const lookup: JwtVerifyParts['lookup'] = (request, options) => fastify.jwt.lookupToken(request, options)
  const options: FastifyJWTOptions = {
    secret: jwt.algorithm.startsWith('HS') ? key.sign : { private: key.sign, public: key.verify },
    sign: { algorithm: jwt.algorithm, expiresIn: jwt.expiresIn, ...claims },
    // For who calls `request.jwtVerify(…)` with more rules, or `app.jwt.verify()`.
    verify: {
      algorithms: [jwt.algorithm],
      allowedIss: claims.iss,
      allowedAud: claims.aud,
      requiredClaims: ['exp', 'iat', 'iss', 'aud'],
      clockTolerance: jwt.clockTolerance * 1000
    },
    ...(jwt.cookie === undefined ? {} : { cookie: { cookieName: jwt.cookie, signed: false } }),
    trusted: (_request, decoded) => !parts.revocations.isRevoked(decoded)
  }
  // Its decorator can't be replaced afterwards, and its rules are one set for one key: so ours is put in
  // its place while it decorates.
  const withOurs = (
    instance: FastifyInstance,
    given: FastifyJWTOptions,
    done: (error?: Error) => void
  ): void => {
    const host = new Proxy(instance, {
      get(target, name) {
        if (name !== 'decorateRequest') return Reflect.get(target, name) as unknown
        return (property: string, value: unknown) =>
          property === 'jwtVerify'
            ? target.decorateRequest(
                'jwtVerify',
                jwtVerifyOf({ ...parts, lookup }, value as RequestVerify) as never
              )
            : target.decorateRequest(property, value)
      }
    })
    fastifyJwt(host, given, done)
  }
  await fastify.register(fp(withOurs, { name: '@fastify/jwt', fastify: '5.x' }), options)
  if (parts.keys.length > 1) verifyWithEach(fastify, parts.keys)
}

/** The same for `app.jwt.verify(token)`: with each key in turn. */
function verifyWithEach(fastify: FastifyInstance, keys: readonly string[]): void {
  const first = fastify.jwt.verify as (token: string, options?: Options) => unknown
  const inTurn = (token: string, options: Options | undefined): unknown => {
    let refusal: unknown
    for (const key of options?.key === undefined ? keys : keys.slice(0, 1)) {
      try {
        return first(token, key === keys[0] ? options : { ...options, key })
      } catch (error) {
        refusal = error
        if ((error as { code?: string }).code !== 'FAST_JWT_INVALID_SIGNATURE') break
      }
    }
    throw refusal
  }
  const each = (token: string, options?: Options | Next, callback?: Next): unknown => {
    if (typeof options === 'function') return each(token, undefined, options)
    const value = inTurn(token, options)
    return callback === undefined ? value : callback(null, value)
  }
  fastify.jwt.verify = each as typeof fastify.jwt.verify
}
