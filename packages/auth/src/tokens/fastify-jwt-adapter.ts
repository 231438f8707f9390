import type { FastifyJWTOptions } from '@fastify/jwt'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { loadAfterStart } from '@seaworthy/internal'
import type { AuthUser } from '../core/identity.ts'
import { cookiesOf } from '../core/request-cookies.ts'
import { fastifyJwtParts, type FastifyJwtParts } from '../internals.ts'
import {
  createJwtVerify,
  type JwtVerifyDependencies,
  type RequestVerify,
  type VerifyCallback,
  type VerifyOptions
} from './jwt-verify.ts'
import type { ResolvedJwt } from './options.ts'
import type { SigningKey } from './signing-keys.ts'

// The official declarations apply here. The published ones (`tokens/decorators.ts`) do not import them.
declare module '@fastify/jwt' {
  interface FastifyJWT {
    user: AuthUser
  }
}

/** Registers `@fastify/jwt`, which signs, with a `request.jwtVerify()` that accepts what `authenticate` accepts. */
export async function registerJwtAdapter(
  fastify: FastifyInstance,
  jwt: ResolvedJwt,
  dependencies: Omit<JwtVerifyDependencies, 'lookup'>,
  signingKey: () => SigningKey['sign']
): Promise<void> {
  const [key] = jwt.keys as [SigningKey]
  const lookup: JwtVerifyDependencies['lookup'] = (request, options) => {
    const readsHeader = options?.extractToken === undefined && options?.onlyCookie !== true
    const token = readsHeader ? dependencies.binding?.tokenOf(request.headers) : undefined
    // For @fastify/jwt, which reads the property.
    if (jwt.cookie !== undefined) cookiesOf(request)
    return token ?? fastify.jwt.lookupToken(request, options)
  }
  const options: FastifyJWTOptions = {
    secret: jwt.algorithm.startsWith('HS') ? key.sign : { private: key.sign, public: key.verify },
    sign: {
      algorithm: jwt.algorithm,
      expiresIn: jwt.expiresInSeconds,
      iss: jwt.issuer,
      aud: jwt.audience
    },
    // For calls of `request.jwtVerify(…)` with options, and of `app.jwt.verify()`.
    verify: {
      algorithms: [jwt.algorithm],
      allowedIss: jwt.issuer,
      allowedAud: jwt.audience,
      requiredClaims: ['exp', 'iat', 'iss', 'aud'],
      clockTolerance: jwt.clockTolerance
    },
    ...(jwt.cookie === undefined ? {} : { cookie: { cookieName: jwt.cookie, signed: false } }),
    trusted: (_request, decoded) => !dependencies.revocations.isRevoked(decoded, jwt.issuer)
  }
  let loaded: FastifyJwtParts | undefined
  const parts = (): FastifyJwtParts => (loaded ??= fastifyJwtParts(fastify, options))
  // A secret has passed every check of @fastify/jwt already.
  if (!jwt.algorithm.startsWith('HS')) parts()
  await fastify.register(fp(decorate, { name: '@fastify/jwt' }))
  verifyWithAllKeys(fastify, dependencies.keys)
  signWithCurrentKey(fastify, key.sign, signingKey)
  loadAfterStart(
    fastify,
    'auth: @fastify/jwt cannot be loaded for app.jwt; its first use tries again; install the packages again',
    parts
  )

  // A name that is taken is an error here: avvio would let one of a plugin with a callback end the process.
  async function decorate(instance: FastifyInstance): Promise<void> {
    const verify: RequestVerify = function (...args) {
      return (parts().jwtVerify as RequestVerify).apply(this, args)
    }
    const sign: ReplySign = function (...args) {
      return (parts().jwtSign as ReplySign).apply(this, args)
    }
    instance.decorateRequest('user', null as never)
    instance.decorate(
      'jwt',
      lazyJwt(() => parts().jwt, options)
    )
    instance.decorateRequest('jwtDecode', function jwtDecode(this: unknown, ...args: unknown[]) {
      return (parts().jwtDecode as ReplySign).apply(this, args as [unknown])
    } as never)
    instance.decorateRequest('jwtVerify', createJwtVerify({ ...dependencies, lookup }, verify) as never)
    instance.decorateReply('jwtSign', replySigner(sign, key.sign, signingKey) as never)
  }
}

type Jwt = FastifyInstance['jwt']
// oxlint-disable-next-line typescript/no-explicit-any -- overloads of another package
type AnyFunction = (...args: any[]) => any

/** `app.jwt`, whose functions load @fastify/jwt. */
function lazyJwt(load: () => Jwt, { cookie }: FastifyJWTOptions): Jwt {
  const lazy =
    (name: 'decode' | 'lookupToken' | 'sign' | 'verify'): AnyFunction =>
    (...args) =>
      (load()[name] as AnyFunction)(...args)
  return {
    decode: lazy('decode'),
    get options() {
      return load().options
    },
    ...(cookie && { cookie }),
    sign: lazy('sign'),
    verify: lazy('verify'),
    lookupToken: lazy('lookupToken')
  }
}

/** Makes `app.jwt.sign()` use a key that came after the start. */
function signWithCurrentKey(
  fastify: FastifyInstance,
  keyOfStart: SigningKey['sign'],
  signingKey: () => SigningKey['sign']
): void {
  const original = fastify.jwt.sign as (...args: unknown[]) => unknown
  const sign = (payload: unknown, options?: unknown, callback?: unknown): unknown => {
    const key = signingKey()
    if (key === keyOfStart) return original(payload, options, callback)
    return typeof options === 'function'
      ? original(payload, { key }, options)
      : original(payload, withKey(options, key), callback)
  }
  fastify.jwt.sign = sign as typeof fastify.jwt.sign
}

/** Makes `reply.jwtSign()` use a key that came after the start. */
const replySigner = (
  original: ReplySign,
  keyOfStart: SigningKey['sign'],
  signingKey: () => SigningKey['sign']
): ReplySign =>
  function jwtSign(this: unknown, payload, options, callback) {
    const key = signingKey()
    if (key === keyOfStart) return original.call(this, payload, options, callback)
    if (typeof options === 'function') return original.call(this, payload, { key }, options)
    const { sign } = (options ?? {}) as { sign?: object }
    const nested =
      sign === undefined ? withKey(options, key) : { ...(options as object), sign: withKey(sign, key) }
    return original.call(this, payload, nested, callback)
  }

type ReplySign = (this: unknown, payload: unknown, options?: unknown, callback?: unknown) => unknown

/** A key of the call's own stays. */
const withKey = (options: unknown, key: SigningKey['sign']): object => ({
  key,
  ...(options as object | undefined)
})

/** Makes `app.jwt.verify(token)` try each key. */
function verifyWithAllKeys(fastify: FastifyInstance, allKeys: JwtVerifyDependencies['keys']): void {
  const original = fastify.jwt.verify as (token: string, options?: VerifyOptions) => unknown
  const [keyOfStart] = allKeys()

  const tryKeys = (token: string, options: VerifyOptions | undefined): unknown => {
    if (options?.key !== undefined) return original(token, options)
    let lastError: unknown
    for (const key of allKeys()) {
      try {
        return original(token, key === keyOfStart ? options : { ...options, key })
      } catch (error) {
        lastError = error
        if ((error as { code?: string }).code !== 'FAST_JWT_INVALID_SIGNATURE') break
      }
    }
    throw lastError
  }
  const verify = (
    token: string,
    options?: VerifyOptions | VerifyCallback,
    callback?: VerifyCallback
  ): unknown => {
    if (typeof options === 'function') return verify(token, undefined, options)
    const value = tryKeys(token, options)
    return callback === undefined ? value : callback(null, value)
  }
  fastify.jwt.verify = verify as typeof fastify.jwt.verify
}
