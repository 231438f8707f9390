import { onEarlyRejection, routeData, whenReplaced, type Overridable } from '@seaworthy/contract'
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { ServerResponse } from 'node:http'
import { warnAboutMisspeltOptions } from '../misspelt-options.ts'
import { whenOfficialIsUsed } from '../official-plugins.ts'
import { check } from '../option-checks.ts'
import { createHeaderBlock, type HeaderBlock } from '../prepared-headers/header-block.ts'
import { bindHeaderSlot } from '../prepared-headers/set-block.ts'
import { securityStatus } from '../status.ts'
import type { CspNonce } from './run-helmet.ts'
import { runHelmet } from './run-helmet.ts'
import { helmetForms, prepareForms, type HelmetForms } from './helmet-forms.ts'
import type { HelmetHeaders } from './helmet-types.ts'
import { headersDefaults, type HeadersOptions } from './options.ts'
import { createNonce, type PreparedHeaders } from './prepare.ts'
import { routeHeaders } from './route-headers.ts'
import { toolPageHeaders } from './tool-pages.ts'

interface HeadersReply {
  /** The request's nonces, if `enableCSPNonces` is on. */
  cspNonce: Overridable<this, CspNonce>
  /** Sets helmet's headers, with these options on top of the plugin's. */
  helmet: Overridable<this, (options?: HelmetHeaders) => void>
}

declare module 'fastify' {
  interface FastifyReply extends HeadersReply {}
}

type Hook = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void

/** Headers of a route, or of all routes without their own. */
interface HeadersOfRoute {
  readonly options: HeadersOptions
  /** Missing until the app is ready. */
  prepared?: PreparedHeaders
  /** Of calls of `reply.helmet`, by their options. */
  readonly ofCalls: WeakMap<object, PreparedHeaders>
}

/** On the functions of each registration, in this copy of the package or in another one. */
const ofHeaders = Symbol.for('seaworthy.security.headers-function.v1')

const plugin: FastifyPluginAsync<HeadersOptions> = async (fastify, options) => {
  check.object('headers', options, 'an object or false')
  const global = check.boolean('headers.global', options.global ?? headersDefaults.global)
  const onPage = options.profile === undefined ? reportFirstPage(fastify) : () => undefined
  const headersOf = await runHelmet(fastify)
  const prepared = prepareForms(helmetForms('headers', options), headersOf, onPage)
  securityStatus(fastify).headers = prepared.fixed

  const setBlock = bindHeaderSlot(fastify, 'headers')
  const apply = (request: FastifyRequest, reply: FastifyReply) =>
    setBlock(reply, blockFor(prepared, request, reply))
  const data = routeData<HeadersOfRoute>('security.headers')
  const ofApp: HeadersOfRoute = { options: {}, prepared, ofCalls: new WeakMap() }

  if (!fastify.hasReplyDecorator('cspNonce')) fastify.decorateReply('cspNonce', null as never)
  function helmet(this: FastifyReply, callOptions?: HelmetHeaders): void {
    const route = data.get(this.request) ?? ofApp
    let headers = callOptions ? route.ofCalls.get(callOptions) : (route.prepared ?? prepared)
    if (headers === undefined) {
      const forms = helmetForms('headers', options, { ...route.options, ...callOptions })
      headers = prepareForms(forms, headersOf, onPage)
      route.ofCalls.set(callOptions!, headers)
    }
    const block = blockFor(headers, this.request, this)
    if (block.page === undefined) {
      // One by one, because they override headers that are set already.
      for (const [name, value] of block.values) this.header(name, value)
      return
    }
    for (const name of block.values.keys()) this.removeHeader(name)
    setBlock(this, block)
  }
  Object.assign(helmet, { [ofHeaders]: true })
  if (!fastify.hasReplyDecorator('helmet')) {
    fastify.decorateReply<unknown>('helmet' as string, helmet)
  } else {
    // An app that prepared the place with null, as for @fastify/helmet, or that registers it in an outer scope too. A
    // value of the app's stays.
    fastify.addHook('onRequest', (_request, reply, done) => {
      const { helmet: present } = reply as { helmet?: unknown }
      if (
        present === null ||
        present === undefined ||
        (typeof present === 'function' && ofHeaders in present)
      )
        (reply as { helmet: unknown }).helmet = helmet
      done()
    })
  }

  let active = true
  if (global) {
    const turnOff = (): void => void (active = false)
    whenReplaced(fastify, 'security.headers', turnOff)
    whenOfficialIsUsed(fastify, {
      name: '@fastify/helmet',
      consequence: 'its headers are sent, and the headers of this package are not',
      isOff: () => !active,
      turnOff
    })
    fastify.addHook('onRequest', (request, reply, done) => {
      if (active) apply(request, reply)
      done()
    })
    // While it closes, Fastify answers 503 before any hook. Only then: a listener costs every request.
    fastify.addHook('preClose', (done) => {
      const block = createHeaderBlock(prepared.fixed)
      fastify.server.prependListener('request', (_request, raw: ServerResponse) => {
        setBlock({ raw, hasHeader: (name) => raw.hasHeader(name) }, block)
      })
      done()
    })
  } else if (prepared.nonces) {
    // For pages that call reply.helmet() themselves.
    fastify.addHook('onRequest', (_request, reply, done) => {
      nonceOf(reply)
      done()
    })
  }

  warnAboutMisspeltOptions(fastify, ['headers', 'helmet'], ['helmet'])
  const byType = (options.profile ?? headersDefaults.profile) === 'auto'
  const hasToolPages = global && byType && options.contentSecurityPolicy === undefined
  const unprepared = new Map<object, { forms: HelmetForms; ofRoute: HeadersOfRoute }>()
  fastify.addHook('onRoute', function (route) {
    const written = routeHeaders(route)
    const chosen = written ?? (hasToolPages ? toolPageHeaders(this.pluginName, route) : undefined)
    if (chosen === undefined) return
    let ofRoute: HeadersOfRoute | undefined
    if (chosen !== false) {
      // Routes that share their options, as a HEAD route with its GET route, are one set.
      const forms = helmetForms(`headers of ${route.url}`, options, chosen)
      ofRoute = unprepared.get(chosen)?.ofRoute ?? { options: chosen, ofCalls: new WeakMap() }
      unprepared.set(chosen, { forms, ofRoute })
      data.set(route, ofRoute)
    }
    const hook: Hook = (request, reply, done) => {
      // Headers that this plugin chose give way with the rest; those that the app wrote stay.
      if (active || written !== undefined)
        setBlock(reply, ofRoute && blockFor(ofRoute.prepared ?? prepared, request, reply))
      done()
    }
    // Runs first of the route's hooks, behind that of a registration in an outer scope. If a hook of the app replies
    // before, the global headers apply.
    const hooks = [route.onRequest ?? []].flat()
    const outer = hooks.filter((each) => ofHeaders in each)
    const others = hooks.filter((each) => !(ofHeaders in each))
    route.onRequest = [...outer, Object.assign(hook, { [ofHeaders]: true }), ...others] as Hook[]
  })
  fastify.addHook('onReady', (done) => {
    try {
      for (const { forms, ofRoute } of unprepared.values())
        ofRoute.prepared = prepareForms(forms, headersOf, onPage)
    } catch (error) {
      return done(error as Error)
    }
    unprepared.clear()
    done()
  })

  onEarlyRejection(fastify, {
    request: (_error, request, reply) => apply(request, reply),
    socket: (_error, _socket, response) => Object.assign(response.headers, prepared.fixed)
  })
}

/** Logs once that pages have other headers than the rest. */
function reportFirstPage({ log }: FastifyInstance): () => void {
  let reported = false
  return () => {
    if (reported) return
    reported = true
    log.info(
      "security: a page (text/html) is sent with the headers of the profile 'html'; browsers load only what comes from this service, and no inline code; if a page needs more, set contentSecurityPolicy in \"headers\" or in the route's config.headers; profile: 'auto' leaves this line out"
    )
  }
}

/** The headers for a request. It keeps its nonces, however often its headers are written. */
const blockFor = (headers: PreparedHeaders, request: FastifyRequest, reply: FastifyReply): HeaderBlock =>
  headers.nonces ? headers.block(request, reply, nonceOf(reply)) : headers.block(request, reply)

const nonceOf = (reply: FastifyReply): CspNonce => {
  const nonce = (reply.cspNonce as CspNonce | null) ?? createNonce()
  return (reply.cspNonce = nonce)
}

/**
 * Security headers on every response, computed once.
 *
 * @example
 * await app.register(headers, { profile: 'html' })
 * app.get('/widget', { config: { headers: { frameguard: false } } }, async () => 'may be framed')
 */
export const headers: FastifyPluginAsync<HeadersOptions> = fp(plugin, {
  name: '@seaworthy/security/headers',
  fastify: '^5.12.0'
})
