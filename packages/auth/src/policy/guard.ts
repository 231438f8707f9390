import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Overridable } from '@seaworthy/contract'
import type { Audit } from '../core/audit.ts'
import { AuthError, challenge } from '../core/errors.ts'
import type { Identity, SchemeName } from '../core/identity.ts'
import { compile, type Identify, type Scheme } from '../schemes/compile.ts'
import { type NamedPolicy, type Requirement, type SchemeExpression } from './requirement.ts'
import type { Roles } from './roles.ts'

type Done = (error?: Error) => void
/** A hook in the callback form: nothing is awaited where nothing has to be fetched. */
export type GuardHook = (request: FastifyRequest, reply: FastifyReply, done: Done) => void

interface IdentityRequest {
  /** How the request proved who it is from, and what follows from it; null before, and without credentials. */
  identity: Overridable<this, Identity | null>
}

declare module 'fastify' {
  interface FastifyRequest extends IdentityRequest {}
}

export interface Guards {
  /** Finds out who asks, and refuses who doesn't say. */
  authenticate(requirement: Requirement): GuardHook
  /** Refuses who may not: roles and scopes, then policies. */
  permit(requirement: Requirement): GuardHook | undefined
  /** The policies that need validated input. */
  own(requirement: Requirement): GuardHook | undefined
}

export function createGuards(
  schemes: ReadonlyMap<SchemeName, Scheme>,
  roles: Roles,
  audit: Audit,
  realm: string
): Guards {
  const challenges = [...schemes.values()].map((scheme) => scheme.challenge)
  const compiled = new Map<SchemeExpression, Identify>()

  const identifyBy = (expression: SchemeExpression): Identify => {
    let identify = compiled.get(expression)
    if (identify === undefined) {
      identify = compile(expression, schemes)
      compiled.set(expression, identify)
    }
    return identify
  }

  function refuse(
    error: Error,
    scheme: SchemeName | 'none',
    request: FastifyRequest,
    reply: FastifyReply,
    done: Done
  ): void {
    const { statusCode = 500, code, headers } = error as Partial<AuthError>
    // On the reply too: an app's own error handler may not look at an error's headers.
    if (headers) void reply.headers(headers as Record<string, string>)
    const outcome = statusCode === 401 ? 'unauthenticated' : statusCode === 403 ? 'denied' : 'unavailable'
    audit.record({ type: 'access', outcome, scheme, code, subject: request.identity?.subject }, request)
    done(error)
  }

  /** 403, or a line in the log where the route only reports. */
  function deny(requirement: Requirement, request: FastifyRequest, reply: FastifyReply, done: Done): void {
    const { scheme, subject } = request.identity!
    if (requirement.mode === 'report') {
      audit.record(
        { type: 'access', outcome: 'would_deny', scheme, code: 'AUTH_FORBIDDEN', subject },
        request
      )
      return done()
    }
    const scope: Record<string, string> =
      requirement.scopes.length > 0 ? { scope: requirement.scopes.join(' ') } : {}
    const value = challenge('Bearer', realm, { error: 'insufficient_scope', ...scope })
    const error = new AuthError('AUTH_FORBIDDEN', 403, 'You may not do this', {
      headers: { 'www-authenticate': value }
    })
    refuse(error, scheme, request, reply, done)
  }

  const hasRole = (identity: Identity, satisfying: ReadonlySet<string>): boolean => {
    for (const role of identity.roles) if (satisfying.has(role)) return true
    return false
  }

  /** Policies one after the other; only `true` lets pass. */
  async function decide(policies: readonly NamedPolicy[], request: FastifyRequest): Promise<boolean> {
    const identity = request.identity!
    const context = {
      identity,
      hasRole: (...wanted: string[]) => hasRole(identity, roles.satisfying(wanted))
    }
    for (const policy of policies) {
      // Only `true` lets in: what a policy in plain JavaScript returns by mistake doesn't.
      const allowed: unknown = await policy.decide(request, context)
      if (allowed !== true) return false
    }
    return true
  }

  return {
    authenticate({ schemes: expression, optional }) {
      const identify = identifyBy(expression)
      return (request, reply, done) => {
        identify(request, (error, identity) => {
          if (identity !== undefined) {
            request.identity = identity
            request.user = identity.user
            audit.allowed(identity.scheme, identity.subject, request)
            return done()
          }
          if (error) return refuse(error, 'none', request, reply, done)
          if (optional) return done()
          const headers = { 'www-authenticate': challenges }
          refuse(
            new AuthError('AUTH_REQUIRED', 401, 'Authentication is required', { headers }),
            'none',
            request,
            reply,
            done
          )
        })
      }
    },

    permit(requirement) {
      const { roles: wanted, scopes, policies } = requirement
      if (wanted.length + scopes.length + policies.length === 0) return undefined
      const satisfying = roles.satisfying(wanted)
      return (request, reply, done) => {
        const { identity } = request
        // Only an optional route gets here without one.
        if (identity === null) return deniedAnonymous(request, reply, done)
        if (wanted.length > 0 && !hasRole(identity, satisfying))
          return deny(requirement, request, reply, done)
        if (!scopes.every((scope) => identity.scopes.includes(scope)))
          return deny(requirement, request, reply, done)
        if (policies.length === 0) return done()
        decide(policies, request).then(
          (yes) => (yes ? done() : deny(requirement, request, reply, done)),
          done
        )
      }
    },

    own(requirement) {
      if (requirement.owner.length === 0) return undefined
      return (request, reply, done) => {
        if (request.identity === null) return deniedAnonymous(request, reply, done)
        decide(requirement.owner, request).then(
          (yes) => (yes ? done() : deny(requirement, request, reply, done)),
          done
        )
      }
    }
  }

  function deniedAnonymous(request: FastifyRequest, reply: FastifyReply, done: Done): void {
    const headers = { 'www-authenticate': challenges }
    refuse(
      new AuthError('AUTH_REQUIRED', 401, 'Authentication is required', { headers }),
      'none',
      request,
      reply,
      done
    )
  }
}
