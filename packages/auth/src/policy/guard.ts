import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Audit } from '../core/audit.ts'
import { AuthError, challenge, unauthorized, type AuthErrorCode } from '../core/errors.ts'
import type { Identity, SchemeName } from '../core/identity.ts'
import type { TokenBinding } from '../dpop/binding.ts'
import { compileSchemes } from '../schemes/compile.ts'
import type { Identify, Scheme, SchemeExpression } from '../schemes/types.ts'
import type { Done, GuardHook } from './auth-hook.ts'
import type { NamedPolicy, Requirement } from './requirement.ts'
import type { Roles } from './roles.ts'
import { meetsStepUp, stepUpChallenge, type StepUp } from './step-up.ts'

/** The hooks that apply a requirement. `undefined` if the requirement needs none. */
export interface Guards {
  /** Authenticates the request, and rejects it without valid credentials. */
  authenticate(requirement: Requirement): GuardHook
  /** Checks roles and scopes, then policies. */
  authorize(requirement: Requirement): GuardHook | undefined
  /** Checks the policies that need validated input. */
  checkOwner(requirement: Requirement): GuardHook | undefined
}

export interface GuardDependencies {
  readonly schemes: ReadonlyMap<SchemeName, Scheme>
  readonly roles: Roles
  readonly audit: Audit
  readonly realm: string
  /** Counts an authenticated request for the quota of its API key. */
  readonly countForQuota: GuardHook | undefined
  /** With the option `jwt.dpop`. */
  readonly binding: TokenBinding | undefined
}

/** The outcome of a rejection by its status. */
const outcomes: Readonly<Record<number, string>> = { 401: 'unauthenticated', 403: 'denied', 429: 'slowed' }

export function createGuards({
  schemes,
  roles,
  audit,
  realm,
  binding,
  countForQuota
}: GuardDependencies): Guards {
  const challenges = [...schemes.values()].flatMap((scheme) => scheme.challenge)
  const compiled = new Map<SchemeExpression, Identify>()

  const identifyBy = (expression: SchemeExpression): Identify => {
    const identify = compiled.get(expression) ?? compileSchemes(expression, schemes)
    compiled.set(expression, identify)
    return identify
  }

  function reject(error: Error, request: FastifyRequest, reply: FastifyReply, done: Done): void {
    const { statusCode = 500, code, headers } = error as Partial<AuthError>
    // Also set on the reply: an app's error handler may ignore the headers of the error.
    if (headers) void reply.headers(headers as Record<string, string>)
    const outcome = outcomes[statusCode] ?? 'unavailable'
    const { scheme = 'none', subject } = request.identity ?? {}
    audit.record({ type: 'access', outcome, scheme, code, subject }, request)
    done(error)
  }

  const rejectAnonymous: GuardHook = (request, reply, done) =>
    reject(unauthorized('AUTH_REQUIRED', 'Authentication is required', challenges), request, reply, done)

  /** The scheme by which the request may come again with a better token. */
  const challengeFor = ({ identity }: FastifyRequest): 'Bearer' | 'DPoP' =>
    identity !== null && binding?.isBound(identity) === true ? 'DPoP' : 'Bearer'

  /** Whether the route only reports: then the event is recorded. */
  function reportsOnly({ mode }: Requirement, code: AuthErrorCode, request: FastifyRequest): boolean {
    if (mode !== 'report') return false
    const { scheme, subject } = request.identity!
    audit.record({ type: 'access', outcome: 'would_deny', scheme, code, subject }, request)
    return true
  }

  /** 401 with the challenge of RFC 9470. */
  function demandStepUp(
    requirement: Requirement,
    stepUp: StepUp,
    ...[request, reply, done]: Parameters<GuardHook>
  ): void {
    const code = 'AUTH_INSUFFICIENT_AUTHENTICATION'
    if (reportsOnly(requirement, code, request)) return done()
    const message = 'A newer or stronger authentication is required'
    reject(
      unauthorized(code, message, stepUpChallenge(challengeFor(request), realm, stepUp)),
      request,
      reply,
      done
    )
  }

  /** 403, or only an audit event if the route reports. */
  function deny(requirement: Requirement, ...[request, reply, done]: Parameters<GuardHook>): void {
    const { scopes } = requirement
    const code = 'AUTH_FORBIDDEN'
    if (reportsOnly(requirement, code, request)) return done()
    const parameters: Record<string, string> = {
      error: 'insufficient_scope',
      ...(scopes.length > 0 ? { scope: scopes.join(' ') } : {})
    }
    const headers = { 'www-authenticate': challenge(challengeFor(request), realm, parameters) }
    reject(new AuthError('You may not do this', { code, statusCode: 403, headers }), request, reply, done)
  }

  const hasRole = (identity: Identity, granting: ReadonlySet<string>): boolean => {
    for (const role of identity.roles) if (granting.has(role)) return true
    return false
  }

  /** Evaluates policies one after the other. */
  async function evaluate(policies: readonly NamedPolicy[], request: FastifyRequest): Promise<boolean> {
    const identity = request.identity!
    const context = {
      identity,
      hasRole: (...required: string[]) => hasRole(identity, roles.rolesGranting(required))
    }
    for (const policy of policies) {
      // Only `true` allows: another truthy value of a policy in plain JavaScript is a mistake.
      const allowed: unknown = await policy.evaluate(request, context)
      if (allowed !== true) return false
    }
    return true
  }

  function applyPolicies(
    policies: readonly NamedPolicy[],
    requirement: Requirement,
    ...[request, reply, done]: Parameters<GuardHook>
  ): void {
    evaluate(policies, request).then(
      (allowed) => (allowed ? done() : deny(requirement, request, reply, done)),
      done
    )
  }

  return {
    authenticate({ schemes: expression, optional, dpopRequired }) {
      const identify = identifyBy(expression)
      return (request, reply, done) => {
        identify(request, (error, identity) => {
          if (identity !== undefined) {
            if (dpopRequired && binding?.isBound(identity) !== true)
              return reject(
                binding!.errors.required('A token that is bound to a key is required'),
                request,
                reply,
                done
              )
            request.identity = identity
            request.user = identity.user
            audit.allowed(identity.scheme, identity.subject, request)
            return countForQuota === undefined ? done() : countForQuota(request, reply, done)
          }
          if (error) return reject(error, request, reply, done)
          if (optional) return done()
          rejectAnonymous(request, reply, done)
        })
      }
    },

    authorize(requirement) {
      const { roles: required, scopes, policies, stepUp } = requirement
      if (required.length + scopes.length + policies.length === 0 && stepUp === undefined) return undefined
      const granting = roles.rolesGranting(required)
      return (request, reply, done) => {
        const { identity } = request
        // Only on an optional route.
        if (identity === null) return rejectAnonymous(request, reply, done)
        if (required.length > 0 && !hasRole(identity, granting))
          return deny(requirement, request, reply, done)
        if (!scopes.every((scope) => identity.scopes.includes(scope)))
          return deny(requirement, request, reply, done)
        // After what another login would not change.
        if (stepUp !== undefined && !meetsStepUp(identity, stepUp))
          return demandStepUp(requirement, stepUp, request, reply, done)
        if (policies.length === 0) return done()
        applyPolicies(policies, requirement, request, reply, done)
      }
    },

    checkOwner(requirement) {
      const { owner } = requirement
      if (owner.length === 0) return undefined
      return (request, reply, done) =>
        request.identity === null
          ? rejectAnonymous(request, reply, done)
          : applyPolicies(owner, requirement, request, reply, done)
    }
  }
}
