import { hash } from 'node:crypto'
import cookiePlugin, { type Signer } from '@fastify/cookie'
import { sharedInApp } from '@seaworthy/internal'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Audit } from '../core/audit.ts'
import { RotatingKeys } from '../core/rotating-keys.ts'
import type { ProviderLogins } from '../revocation/provider-logins.ts'
import type { Revocations } from '../revocation/revocations.ts'
import type { Scheme } from '../schemes/types.ts'
import type { AuthStore } from '../stores/store.ts'
import type { Session } from './decorators.ts'
import type { ResolvedSession } from './options.ts'
import { sessionScheme } from './scheme.ts'
import { createSealedCookies } from './sealed-cookies.ts'
import { createSession, stateOf } from './session.ts'
import { deriveKey, signatureSecretOf } from './session-keys.ts'
import { createSessions } from './sessions.ts'
import { createSessionCookies } from './session-cookies.ts'
import type { SessionHooks, Sessions } from './types.ts'

export interface SessionFeature {
  readonly sessions: Sessions & SessionHooks
  readonly scheme: Scheme
  /** Opens cookies of a new key. The returned function lets it seal; there is none for the current key. */
  accept(key: Buffer): Promise<(() => void) | undefined>
}

/** The place of a request's session. A request without a cookie gets one when a handler reads it. */
const place = Symbol('seaworthy.auth.session')
type WithSession = FastifyRequest & { [place]: Session | null }

/** Registers what the option `session` brings. Loaded only if it is set. */
export async function registerSessions(
  fastify: FastifyInstance,
  options: ResolvedSession,
  {
    realm,
    store,
    audit,
    revocations,
    logins
  }: {
    realm: string
    store: AuthStore
    audit: Audit
    revocations: Revocations | undefined
    logins: ProviderLogins | undefined
  }
): Promise<SessionFeature> {
  const { log } = fastify
  const { cookie } = options
  const keys = options.key ?? [await deriveKey(options.secret!, options.salt)]
  // fromEnv sets it on a developer's machine, which rarely has https.
  if (cookie.secure === false && process.env.NODE_ENV !== 'development') {
    const what = '"session.cookie.secure" is false; the network can read the session'
    log.warn(`auth: ${what}; set it to true in production`)
  }
  if (cookie.secure === false && String(cookie.sameSite).toLowerCase() === 'none') {
    const what = '"session.cookie.sameSite" is "none" without "secure"; browsers drop such a cookie'
    log.warn(`auth: ${what}; use https, or 'lax' where there is none`)
  }
  warnOfSharedCookie(fastify, options, keys[0]!)
  const signatures = new RotatingKeys(keys.map(signatureSecretOf), options.absoluteTimeout)
  if (!fastify.hasPlugin('@fastify/cookie'))
    await fastify.register(cookiePlugin, { secret: rotatingSigner(signatures) as Signer })

  const sealed = await createSealedCookies(keys, options.absoluteTimeout)
  fastify.decorateRequest(place, null)
  fastify.decorateRequest('session', {
    getter(this: FastifyRequest) {
      return ((this as WithSession)[place] ??= createSession())
    },
    setter(this: FastifyRequest, session: Session) {
      ;(this as WithSession)[place] = session
    }
  } as never)
  const cookies = createSessionCookies(options, sealed)
  const sessions = createSessions(options, {
    store,
    audit,
    log,
    cookies,
    revocations,
    logins,
    current: (request) => (request as WithSession)[place] ?? undefined
  })

  fastify.decorate('createSecureSession', (data: object = {}) => createSession(data))
  fastify.decorate('decodeSecureSession', (value: string) =>
    cookies.open(value).then((session) => session ?? null)
  )
  fastify.decorate('encodeSecureSession', (session: Session) => sealed.seal(stateOf(session)))

  fastify.addHook('onRequest', sessions.onRequest)
  fastify.addHook('onSend', sessions.onSend)
  fastify.addHook('onResponse', sessions.onResponse)
  let current = keys[0]!
  return {
    sessions,
    scheme: sessionScheme(sessions, realm),
    async accept(next) {
      if (current.equals(next)) return undefined
      const promote = await sealed.accept(next)
      signatures.accept(signatureSecretOf(next))
      return () => {
        promote()
        signatures.rotate(signatureSecretOf(next))
        current = next
      }
    }
  }
}

/** Two registrations in scopes beside each other: a browser has one cookie of a name and path. */
function warnOfSharedCookie(
  fastify: FastifyInstance,
  { cookieName, cookie: { path, domain } }: ResolvedSession,
  key: Buffer
): void {
  const cookies = sharedInApp(fastify, 'auth.session-cookies.v1', () => new Map<string, string>())
  const name = [cookieName, path, domain].join(';')
  const digest = hash('sha256', key, 'base64url')
  const other = cookies.get(name)
  cookies.set(name, digest)
  if (other === undefined || other === digest) return
  const what = `two registrations keep their sessions in the cookie ${cookieName}; a login in one ends that in the other`
  fastify.log.warn(`auth: ${what}; set another "session.cookieName" in one of them`)
}

/** Signs cookies with the current secret, and accepts those of the ones before. */
function rotatingSigner(secrets: RotatingKeys<string>): Pick<Signer, 'sign' | 'unsign'> {
  return {
    sign: (value) => cookiePlugin.sign(value, secrets.current),
    unsign: (value) => cookiePlugin.signerFactory(secrets.all).unsign(value)
  }
}
