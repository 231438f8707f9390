import type { FastifyRequest } from 'fastify'
import type { AuthError } from '../core/errors.ts'
import type { Identity, SchemeName } from '../core/identity.ts'
import { branches, type SchemeExpression } from '../policy/requirement.ts'

/** Called once: with an error, an identity, or neither where the request carries no such credentials. */
export type Found = (error: Error | null, identity?: Identity) => void

/** A way to prove who asks. */
export interface Scheme {
  readonly name: SchemeName
  /** What `WWW-Authenticate` says where it is missing. */
  readonly challenge: string
  /** Calls back at once where nothing has to be fetched. */
  identify(request: FastifyRequest, found: Found): void
}

/** An expression compiled to one function. */
export type Identify = Scheme['identify']

export function compile(expression: SchemeExpression, schemes: ReadonlyMap<SchemeName, Scheme>): Identify {
  if (typeof expression === 'string') return schemes.get(expression)!.identify
  const parts = branches(expression).map((part) => compile(part, schemes))
  if (parts.length === 1) return parts[0]!
  return 'all' in expression ? all(parts) : any(parts)
}

/** The first that succeeds. If none does, the first refusal, so that bad credentials never count as none. */
function any(parts: readonly Identify[]): Identify {
  return (request, found) => {
    let refusal: Error | null = null
    const next = (index: number): void => {
      const part = parts[index]
      if (part === undefined) return found(refusal)
      part(request, (error, identity) => {
        if (identity !== undefined) return found(null, identity)
        // A key or store that is down is not the client's fault, whatever the others say.
        if (error && (refusal === null || (error as AuthError).statusCode >= 500)) refusal = error
        next(index + 1)
      })
    }
    next(0)
  }
}

/** All of them; who asks is what the first says. */
function all(parts: readonly Identify[]): Identify {
  return (request, found) => {
    const next = (index: number, first: Identity | undefined): void => {
      const part = parts[index]
      if (part === undefined) return found(null, first)
      part(request, (error, identity) => {
        if (error || identity === undefined) return found(error)
        next(index + 1, first ?? identity)
      })
    }
    next(0, undefined)
  }
}
