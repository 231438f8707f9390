import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyRequest } from 'fastify'
import type { AuthError } from '../core/errors.ts'
import type { Identity } from '../core/identity.ts'
import type { AuthStore } from '../stores/store.ts'
import type { AnyRequest } from '../types/requests.ts'
import { dpopErrors, type DpopErrors } from './errors.ts'
import { createNonces, type Nonces } from './nonces.ts'
import type { ResolvedDpop } from './options.ts'
import { createVerifyProof } from './proofs.ts'
import { createMatchesTarget } from './target.ts'

/** Checks that a bound token is sent with a proof of its key. */
export interface TokenBinding {
  readonly errors: DpopErrors
  /** Whether tokens without a key are not accepted at all. */
  readonly required: boolean
  readonly nonces: Nonces | undefined
  /** The token of an `Authorization: DPoP …` header. */
  tokenOf(headers: IncomingHttpHeaders): string | undefined
  /**
   * Calls back without an error if the request may use the verified token: one that is bound with a proof of its key,
   * any other as a bearer token.
   */
  check(
    request: FastifyRequest,
    token: string,
    identity: Pick<Identity, 'user' | 'issuer'>,
    callback: (error: Error | null) => void
  ): void
  /** Whether an identity comes from a bound token, which {@link check} has accepted. */
  isBound(identity: Identity): boolean
  /** The thumbprint of the key that a login or refresh proves. `undefined` for a request without a proof. */
  keyOf(request: AnyRequest): Promise<string | undefined>
}

export interface BindingDependencies {
  readonly realm: string
  /** Milliseconds. */
  readonly clockTolerance: number
  /** Issuers whose tokens must be bound. */
  readonly requiredIssuers: ReadonlySet<string>
  readonly store: AuthStore
  /** The memory of this process. */
  readonly local: AuthStore
}

/** The thumbprint in the claims of a token. `null`: the token is bound in a way that no proof can show. */
function thumbprintOf({ cnf }: Record<string, unknown>): string | null | undefined {
  if (cnf === undefined) return undefined
  if (typeof cnf !== 'object' || cnf === null) return null
  // Other members are for other methods, such as certificates (RFC 8705), which this package does not check.
  if (!Object.hasOwn(cnf, 'jkt')) return undefined
  const { jkt } = cnf as { jkt?: unknown }
  return typeof jkt === 'string' && jkt !== '' ? jkt : null
}

export function createBinding(
  { baseUrls, required, algorithms, maxAge, nonceSecret, onStoreError }: ResolvedDpop,
  { realm, clockTolerance, requiredIssuers, store, local }: BindingDependencies
): TokenBinding {
  const errors = dpopErrors(realm, algorithms)
  const nonces = nonceSecret === undefined ? undefined : createNonces(nonceSecret, maxAge)
  // As long as a proof can be valid: by its time, or by its nonce, which is of three intervals at most.
  const lifetime = nonces === undefined ? maxAge + 2 * clockTolerance : 3 * maxAge

  /** Asks this process first: its memory is certain, and a proof in it needs no call. */
  async function isFirstUse(id: string): Promise<boolean> {
    if (!(await local.useOnce(id, lifetime))) return false
    if (!store.shared) return true
    try {
      return await store.useOnce(id, lifetime)
    } catch (error) {
      if (onStoreError === 'closed') throw error
      return true
    }
  }

  const matchesTarget = createMatchesTarget(baseUrls)
  const proofOptions = { errors, algorithms, matchesTarget, nonces, maxAge, clockTolerance, isFirstUse }
  const verifyProof = createVerifyProof(proofOptions)
  /** A proof is valid once, and a request can ask several times: for CSRF, in guards of scope and route, at a refresh. */
  const proofs = new WeakMap<object, { token: string | undefined; result: Promise<string> }>()

  function proveOnce(request: AnyRequest, token: string | undefined, thumbprint: string): Promise<string> {
    const earlier = proofs.get(request)
    if (earlier !== undefined && (token === undefined || earlier.token === token)) return earlier.result
    const bound = token === undefined ? undefined : { token, thumbprint }
    const result = verifyProof(request, bound)
    proofs.set(request, { token, result })
    return result
  }

  function tokenOf({ authorization }: IncomingHttpHeaders): string | undefined {
    if (authorization === undefined || !/^dpop(?:[\s,]|$)/i.test(authorization)) return undefined
    return authorization.charCodeAt(4) === 32 ? authorization.slice(5) : ''
  }

  /** The error for a token whose claims rule the request out already. */
  function rejectionOf(isDpop: boolean, thumbprint: string | null | undefined, issuer: string | undefined) {
    if (thumbprint === null) return errors.invalidToken('The token is not valid')
    if (thumbprint !== undefined)
      return isDpop
        ? undefined
        : errors.required('The token is bound to a key: send it as DPoP, with a proof')
    if (isDpop) return errors.invalidToken('The token is not bound to a key')
    const isRequired = required || (issuer !== undefined && requiredIssuers.has(issuer))
    return isRequired ? errors.required('A token that is bound to a key is required') : undefined
  }

  return {
    errors,
    required,
    nonces,
    tokenOf,
    check(request, token, { user, issuer }, callback) {
      const thumbprint = thumbprintOf(user)
      const error: AuthError | undefined = rejectionOf(tokenOf(request.headers) === token, thumbprint, issuer)
      if (error !== undefined || typeof thumbprint !== 'string') return callback(error ?? null)
      proveOnce(request, token, thumbprint).then(() => callback(null), callback)
    },
    isBound: ({ scheme, user }) => scheme === 'jwt' && typeof thumbprintOf(user) === 'string',
    async keyOf(request) {
      return request.headers.dpop === undefined ? undefined : proveOnce(request, undefined, '')
    }
  }
}
