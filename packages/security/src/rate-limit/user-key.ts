import { subjectOf } from '@seaworthy/internal'
import type { FastifyRequest } from 'fastify'

interface AuthenticatedRequest {
  user?: unknown
  /** The result of authentication by @seaworthy/auth. */
  identity?: { issuer?: unknown } | null
}

const separator = '\0'

/**
 * The key of a request's user. Subjects of two issuers are two users, even if they are equal: with the issuer of the
 * identity, else of the token's claims, they are counted apart.
 */
export function userKey(request: FastifyRequest & AuthenticatedRequest): string | undefined {
  const { user, identity } = request
  const subject = subjectOf(user)
  if (subject === undefined) return undefined
  const issuer = identity ? identity.issuer : (user as { iss?: unknown }).iss
  if (typeof issuer === 'string' && issuer !== '') return `${issuer}${separator}${subject}`
  // An id of the app's own users must not be read as an issuer with its subject.
  return subject.includes(separator) ? separator + subject : subject
}
