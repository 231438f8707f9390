import type { FastifyInstance } from 'fastify'
import type { Audit } from '../audit.ts'
import type { ResolvedProvider } from '../options-oauth.ts'

export async function oauthPart(
  _fastify: FastifyInstance,
  _providers: readonly ResolvedProvider[],
  _audit: Audit,
  _sessions: boolean
): Promise<void> {}
