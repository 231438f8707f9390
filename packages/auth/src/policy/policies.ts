import type { FastifyRequest } from 'fastify'
import type { Identity } from '../core/identity.ts'
import type { PolicyName, RoleName } from '../types/names.ts'

/** What a policy is told besides the request. */
export interface PolicyContext {
  readonly identity: Identity
  /** Whether the identity has one of these roles, or one that includes it. */
  hasRole(...roles: RoleName[]): boolean
}

/** Decides on a request: only `true` lets it pass. It may read the database; what it throws is answered. */
export type Policy = (request: FastifyRequest, context: PolicyContext) => boolean | Promise<boolean>

/** Policies by name. */
export type Policies = Readonly<Record<PolicyName, Policy>>
