import { challenge } from '../core/errors.ts'
import { identityOf } from '../core/identity.ts'
import type { Scheme } from '../schemes/types.ts'
import type { SessionHooks, Sessions } from './types.ts'

/** The scheme `session`: a session with a `user`. */
export function sessionScheme(sessions: Sessions & SessionHooks, realm: string): Scheme {
  return {
    name: 'session',
    challenge: challenge('Session', realm),
    identify(request, callback) {
      if (sessions.idOf(request) === undefined) return callback(null)
      const user: unknown = request.session.get('user')
      if (typeof user !== 'object' || user === null) return callback(null)
      const claims = user as Record<string, unknown>
      const withSubject = claims.sub === undefined ? { ...claims, sub: claims.id } : claims
      const identity = identityOf('session', withSubject)
      const login = sessions.loginOf(request)
      const authTime = identity.authTime ?? (login === undefined ? undefined : Math.floor(login / 1000))
      callback(null, { ...identity, authTime })
    }
  }
}
