import { challenge } from '../core/errors.ts'
import { identityOf } from '../core/identity.ts'
import type { Scheme } from '../schemes/types.ts'
import type { Sessions } from './types.ts'

/** The scheme `session`: a session with a `user`. */
export function sessionScheme(sessions: Sessions, realm: string): Scheme {
  return {
    name: 'session',
    challenge: challenge('Session', realm),
    identify(request, callback) {
      if (sessions.idOf(request) === undefined) return callback(null)
      const user: unknown = request.session.get('user')
      if (typeof user !== 'object' || user === null) return callback(null)
      const claims = user as Record<string, unknown>
      const withSubject = claims.sub === undefined ? { ...claims, sub: claims.id } : claims
      callback(null, identityOf('session', withSubject))
    }
  }
}
