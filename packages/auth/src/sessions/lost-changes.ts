import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify'
import type { Session } from './decorators.ts'
import { stateOf } from './session.ts'

interface LostChangesDependencies {
  /** The request's session, if it has one yet. */
  readonly current: (request: FastifyRequest) => Session | undefined
  /** Ends the session with which the request came. */
  readonly end: (request: FastifyRequest, session: Session) => Promise<void>
}

/** Notices changes of sessions whose response is not sent by Fastify, so that no cookie takes them to the browser. */
export interface LostChanges {
  /** The cookie is set. */
  noteSent(request: FastifyRequest): void
  onResponse(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void
}

/** Routes of which the log has a line each. */
const maxRoutes = 100

export function lostChanges(log: FastifyBaseLogger, { current, end }: LostChangesDependencies): LostChanges {
  const sent = new WeakSet<FastifyRequest>()
  const reported = new Set<string>()

  function report({ method, routeOptions: { url = '*' } }: FastifyRequest): void {
    const route = `${method} ${url}`
    if (reported.has(route) || reported.size >= maxRoutes) return
    reported.add(route)
    log.warn(
      `auth: ${route} changes the session and responds past reply.send(), as after reply.hijack(); the change is lost; ` +
        'change sessions in requests that end with reply.send()'
    )
  }

  return {
    noteSent: (request) => void sent.add(request),
    onResponse(request, reply, done) {
      const session = current(request)
      // Without a head the client is gone, and the handler may still respond.
      const isLost =
        session !== undefined &&
        stateOf(session).touched &&
        !sent.has(request) &&
        (reply.raw as { headersSent?: boolean }).headersSent === true
      if (!isLost) return done()
      const user = session.deleted ? undefined : session.get('user')
      if (user !== undefined && user !== null) {
        report(request)
        return done()
      }
      // A logout takes effect without a cookie too: that of the browser is void once the session has ended.
      if (!session.deleted) report(request)
      end(request, session).then(() => done(), done)
    }
  }
}
