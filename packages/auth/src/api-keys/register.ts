import type { FastifyInstance } from 'fastify'
import type { Audit } from '../core/audit.ts'
import type { GuardHook } from '../policy/auth-hook.ts'
import type { Scheme } from '../schemes/types.ts'
import { createApiKey, rotateApiKey, type ApiKeys } from './create.ts'
import { KeyUses } from './key-uses.ts'
import type { ResolvedApiKeys } from './options.ts'
import { createQuotas } from './quotas.ts'
import { apiKeyScheme } from './scheme.ts'

/** The parts that the option `apiKeys` brings. */
export interface ApiKeyFeature extends ApiKeys {
  readonly scheme: Scheme
  /** Counts an authenticated request for the quota of its key. */
  readonly countForQuota: GuardHook
}

/** Makes what the option `apiKeys` brings. Loaded only if it is set. */
export function createApiKeys(
  fastify: FastifyInstance,
  options: ResolvedApiKeys,
  { realm, audit }: { realm: string; audit: Audit }
): ApiKeyFeature {
  const quotas = createQuotas(fastify, options.quota)
  const uses = new KeyUses(options, { audit, log: fastify.log })
  return {
    scheme: apiKeyScheme(options, realm, { quotas, uses }),
    countForQuota: quotas.enforce,
    create: () => createApiKey(options.prefix),
    rotate: rotateApiKey(options.prefix, audit)
  }
}
