import type { FastifyRequest } from 'fastify'
import type { Identity } from '../core/identity.ts'
import type { PolicyName, RoleName } from '../types/names.ts'

/** The second argument of a policy. */
export interface PolicyContext {
  readonly identity: Identity
  /** Whether the identity has one of these roles, or one that includes it. */
  hasRole(...roles: RoleName[]): boolean
}

/** Decides about a request: only `true` allows it. It may read a database; an error that it throws is the response. */
export type Policy = (request: FastifyRequest, context: PolicyContext) => boolean | Promise<boolean>

/** Policies by name. */
export type Policies = Readonly<Record<PolicyName, Policy>>
