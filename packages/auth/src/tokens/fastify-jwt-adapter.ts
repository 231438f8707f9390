import type { FastifyJWTOptions } from '@fastify/jwt'
import type { FastifyInstance } from 'fastify'
import type { AuthUser } from '../core/identity.ts'
import { registerFastifyJwt } from '../internals.ts'
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
  dependencies: Omit<JwtVerifyDependencies, 'lookup'>
): Promise<void> {
  const [key] = jwt.keys as [SigningKey]
  const lookup: JwtVerifyDependencies['lookup'] = (request, options) => {
    const readsHeader = options?.extractToken === undefined && options?.onlyCookie !== true
    const token = readsHeader ? dependencies.binding?.tokenOf(request.headers) : undefined
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
  await registerFastifyJwt(fastify, options, (original) =>
    createJwtVerify({ ...dependencies, lookup }, original as RequestVerify)
  )
  if (dependencies.keys.length > 1) verifyWithAllKeys(fastify, dependencies.keys)
}

/** Makes `app.jwt.verify(token)` try each key. */
function verifyWithAllKeys(fastify: FastifyInstance, keys: readonly (string | Buffer)[]): void {
  const original = fastify.jwt.verify as (token: string, options?: VerifyOptions) => unknown

  const tryKeys = (token: string, options: VerifyOptions | undefined): unknown => {
    let lastError: unknown
    for (const key of options?.key === undefined ? keys : keys.slice(0, 1)) {
      try {
        return original(token, key === keys[0] ? options : { ...options, key })
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
