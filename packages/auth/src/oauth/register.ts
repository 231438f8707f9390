import cookie from '@fastify/cookie'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Audit } from '../core/audit.ts'
import { AuthError } from '../core/errors.ts'
import { subjectOf } from '../core/identity.ts'
import type { ProviderIdentity, ResolvedProvider } from './options.ts'
import { reasonOf } from '../core/failure-reason.ts'
import { attemptsOf } from './state-cookies.ts'
import { providerFailure } from './failures.ts'
import { createProvider } from './provider.ts'
import { isOwnPath } from './return-to.ts'

const text = (maxLength: number) => ({ type: 'string', maxLength }) as const
const startQuery = { type: 'object', properties: { returnTo: text(2048) } }
const callbackQuery = {
  type: 'object',
  properties: {
    code: text(4096),
    state: text(128),
    iss: text(2048),
    error: text(200),
    error_description: text(2000)
  }
}

/** Two routes for each provider: one that sends the browser there, one that it comes back to. */
export async function oauthPart(
  fastify: FastifyInstance,
  providers: readonly ResolvedProvider[],
  audit: Audit,
  sessions: boolean
): Promise<void> {
  // Sessions bring it too.
  if (!fastify.hasPlugin('@fastify/cookie')) await fastify.register(cookie)
  for (const options of providers) addProvider(fastify, options, audit, sessions)
}

function addProvider(
  fastify: FastifyInstance,
  options: ResolvedProvider,
  audit: Audit,
  sessions: boolean
): void {
  const provider = createProvider(options)
  const attempts = attemptsOf(options)
  const config = { auth: false } as const

  fastify.get<{ Querystring: { returnTo?: string } }>(
    options.startPath,
    { config, schema: { querystring: startQuery } },
    async (request, reply) => {
      const { returnTo } = request.query
      const { url, attempt } = await provider
        .begin(isOwnPath(returnTo) ? returnTo : options.returnTo)
        .catch((error: unknown) => {
          throw providerFailure(error)
        })
      attempts.keep(request, reply, attempt)
      return reply.header('cache-control', 'no-store').redirect(url.href)
    }
  )

  fastify.get(
    options.callback.pathname,
    { config, schema: { querystring: callbackQuery } },
    async (request, reply) => {
      // The code is in the URL: no page that follows shall name it.
      void reply.headers({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
      const { state } = request.query as { state?: string }
      const attempt = attempts.take(request, reply, state)
      if (attempt === undefined) {
        audit.record(
          { type: 'provider_login', outcome: 'failed', scheme: 'oauth2', code: 'AUTH_STATE_INVALID' },
          request
        )
        throw new AuthError(
          'AUTH_STATE_INVALID',
          400,
          'This login was not started in this browser, or is over'
        )
      }
      const query = new URLSearchParams(request.url.split('?')[1])
      const identity = await provider.finish(query, attempt).catch((error: unknown) => {
        const failure = providerFailure(error)
        audit.record(
          { type: 'provider_login', outcome: 'failed', scheme: 'oauth2', code: failure.code },
          request
        )
        request.log.warn(
          { provider: options.name, code: failure.code, reason: reasonOf(error) },
          'auth: a login at a provider failed'
        )
        throw failure
      })
      return loggedIn(options, identity, attempt.returnTo, sessions, audit, request, reply)
    }
  )
}

async function loggedIn(
  { name, onLogin, returnTo: home }: ResolvedProvider,
  identity: ProviderIdentity,
  returnTo: string,
  sessions: boolean,
  audit: Audit,
  request: FastifyRequest,
  reply: FastifyReply
): Promise<unknown> {
  const user: unknown = await onLogin(identity, request, reply)
  const subject =
    typeof user === 'object' && user !== null ? subjectOf(user as Record<string, unknown>) : undefined
  audit.record({ type: 'provider_login', outcome: 'ok', scheme: 'oauth2', subject }, request)
  if (reply.sent) return reply
  if (user === undefined || user === null) return reply.redirect(home)
  if (!sessions) {
    throw new Error(
      `auth: "oauth2.${name}.onLogin" gave a user: "session" is needed to keep it, or send an answer there`
    )
  }
  request.session.set('user', user)
  return reply.redirect(isOwnPath(returnTo) ? returnTo : home)
}
