import { challenge } from '../core/errors.ts'
import { identityOf } from '../core/identity.ts'
import type { Scheme } from '../schemes/compile.ts'
import type { Sessions } from './sessions.ts'

/** A session with a `user` in it. */
export function sessionScheme(sessions: Sessions, realm: string): Scheme {
  return {
    name: 'session',
    challenge: challenge('Session', realm),
    identify(request, found) {
      const user: unknown = request.session?.get('user')
      if (typeof user !== 'object' || user === null || sessions.idOf(request) === undefined)
        return found(null)
      const claims = user as Record<string, unknown>
      found(null, identityOf('session', claims.sub === undefined ? { sub: claims.id, ...claims } : claims))
    }
  }
}
