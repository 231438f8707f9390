import type { FastifyRequest } from 'fastify'
import type { Identity } from '../core/identity.ts'
import type { PolicyName, RoleName } from '../types/names.ts'

/**
 * The second argument of a policy.
 *
 * @example
 * const editors: Policy = (_request, { hasRole }: PolicyContext) => hasRole('editor')
 */
export interface PolicyContext {
  readonly identity: Identity
  /** Whether the identity has one of these roles, or one that includes it. */
  hasRole(...roles: RoleName[]): boolean
}

/**
 * Decides about a request: only `true` allows it. It may read a database; an error that it throws is the response.
 *
 * @example
 * const ownOrder: Policy = (request, { identity }) => (request.params as { user: string }).user === identity.subject
 * app.get('/users/:user/orders', { config: { auth: { owner: ownOrder } } }, async () => [])
 */
export type Policy = (request: FastifyRequest, context: PolicyContext) => boolean | Promise<boolean>

/**
 * Policies by name.
 *
 * @example
 * const policies: Policies = { office: (request) => request.ip.startsWith('10.') }
 * await app.register(auth, { policies })
 */
export type Policies = Readonly<Record<PolicyName, Policy>>
