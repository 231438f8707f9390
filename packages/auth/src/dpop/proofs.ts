import { hash } from 'node:crypto'
import { BoundedMap } from '@seaworthy/internal'
import type { FastifyRequest } from 'fastify'
import type { CryptoKey } from 'jose'
import { EmbeddedJWK } from 'jose/jwk/embedded'
import { calculateJwkThumbprint } from 'jose/jwk/thumbprint'
import { jwtVerify } from 'jose/jwt/verify'
import type { Claims } from '../core/token-outcome.ts'
import { decodeUnverified, isCanonical } from '../core/token-text.ts'
import type { DpopErrors } from './errors.ts'
import type { Nonces } from './nonces.ts'
import { claimsFault, headerFault } from './proof-claims.ts'
import type { MatchesTarget } from './target.ts'

/** Letters of a proof at most: an RSA key of 8192 bits and its signature fit. */
const maxLength = 8192
/** Keys that are kept ready, by the header of their proofs, which is the same in each. */
const maxKeys = 1000
const format = /^[\w-]+\.[\w-]+\.[\w-]+$/

export interface ProofDependencies {
  readonly errors: DpopErrors
  readonly algorithms: readonly string[]
  readonly matchesTarget: MatchesTarget
  readonly nonces: Nonces | undefined
  /** Milliseconds. */
  readonly maxAge: number
  /** Milliseconds. */
  readonly clockTolerance: number
  /** Whether a proof is used for the first time. Rejects if that cannot be known. */
  readonly isFirstUse: (id: string) => Promise<boolean>
}

/** The parts of a request that a proof is for. */
export type ProvenRequest = Pick<FastifyRequest, 'method' | 'originalUrl' | 'headers'>

/** The token that a proof must be for, and the thumbprint of the key to which it is bound. */
export interface BoundToken {
  readonly token: string
  readonly thumbprint: string
}

/**
 * Verifies the proof of a request and returns the thumbprint of its key. Each proof is valid once. Rejects with an
 * `AuthError`.
 */
export type VerifyProof = (request: ProvenRequest, bound: BoundToken | undefined) => Promise<string>

interface ProofKey {
  readonly thumbprint: string
  readonly key: CryptoKey
}

export function createVerifyProof(dependencies: ProofDependencies): VerifyProof {
  const { errors, algorithms, matchesTarget, nonces, maxAge, clockTolerance, isFirstUse } = dependencies
  const keys = new BoundedMap<ProofKey>(maxKeys)
  const options = { algorithms: [...algorithms], typ: 'dpop+jwt', clockTolerance: clockTolerance / 1000 }

  /** Checks the part that the signature covers: first, because it costs less. */
  function checkContent(
    header: Claims | undefined,
    claims: Claims | undefined,
    request: ProvenRequest,
    bound: BoundToken | undefined
  ): void {
    const ath = bound && hash('sha256', bound.token, 'base64url')
    const isUrl = (htu: string): boolean => matchesTarget(htu, request.originalUrl)
    const fault =
      headerFault(header, algorithms) ?? claimsFault(claims, { method: request.method, isUrl, ath })
    if (fault !== undefined) throw errors.invalidProof(fault)
    if (nonces !== undefined) {
      // The nonce has the time of this service: that of the client does not matter.
      if (!nonces.accepts(claims!.nonce)) throw errors.nonceRequired()
      return
    }
    const age = Date.now() - (claims!.iat as number) * 1000
    if (age > maxAge + clockTolerance || age < -clockTolerance)
      throw errors.invalidProof('The "iat" of the proof is too far from the time of the service')
  }

  /** Verifies the signature by the key in the header, which must be the one of the token. */
  async function verifySignature(
    proof: string,
    header: Claims,
    bound: BoundToken | undefined
  ): Promise<string> {
    const segment = proof.slice(0, proof.indexOf('.'))
    const ready = keys.get(segment)
    const thumbprint = ready?.thumbprint ?? (await calculateJwkThumbprint(header.jwk as object))
    if (bound !== undefined && bound.thumbprint !== thumbprint)
      throw errors.invalidToken('The token is bound to another key')
    const key = ready?.key ?? (await EmbeddedJWK(header))
    await jwtVerify(proof, key, options)
    // Only for a token of this key: others could fill the cache.
    if (ready === undefined && bound !== undefined) keys.set(segment, { thumbprint, key })
    return thumbprint
  }

  return async (request, bound) => {
    const proof = request.headers.dpop
    if (proof === undefined) throw errors.required('The request needs a proof in the header DPoP')
    // Several headers come as one text with commas, or as a list.
    const isProof =
      typeof proof === 'string' && proof.length <= maxLength && format.test(proof) && isCanonical(proof)
    if (!isProof) throw errors.invalidProof('The header DPoP needs one proof')
    const header = decodeUnverified(proof, 'header')
    const claims = decodeUnverified(proof, 'claims')
    checkContent(header, claims, request, bound)
    const thumbprint = await verifySignature(proof, header!, bound).catch((error: unknown) => {
      if ((error as { statusCode?: number }).statusCode === 401) throw error
      throw errors.invalidProof('The signature of the proof is not valid')
    })
    const id = hash('sha256', `${thumbprint} ${claims!.jti as string}`, 'base64url')
    if (!(await isFirstUse(id))) throw errors.invalidProof('The proof was used before')
    return thumbprint
  }
}
