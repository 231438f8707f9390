import { onEarlyRejection, whenReplaced, type Overridable } from '@seaworthy/contract'
import { invalidOption } from '@seaworthy/internal'
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { ServerResponse } from 'node:http'
import { warnAboutMisspeltOptions } from '../misspelt-options.ts'
import { whenOfficialIsUsed } from '../official-plugins.ts'
import { assertOptionsObject, check } from '../option-checks.ts'
import { createHeaderBlock, type HeaderBlock } from '../prepared-headers/header-block.ts'
import { bindHeaderSlot } from '../prepared-headers/set-block.ts'
import { securityStatus } from '../status.ts'
import type { HelmetHeaders } from './helmet-types.ts'
import { prepareByType } from './by-type.ts'
import { headersDefaults, resolveHeaders, type HeadersOptions } from './options.ts'
import { createNonce, prepareHeaders, type CspNonce, type PreparedHeaders } from './prepare.ts'
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

const plugin: FastifyPluginAsync<HeadersOptions> = async (fastify, options) => {
  assertOptionsObject('headers', options)
  const global = check.boolean('headers.global', options.global ?? headersDefaults.global)
  const onPage = options.profile === undefined ? reportFirstPage(fastify) : () => undefined
  const prepare = (option: string, some: HeadersOptions) => prepareProfile(option, some, onPage)
  const prepared = prepare('headers', options)
  securityStatus(fastify).headers = prepared.fixed

  const setBlock = bindHeaderSlot(fastify, 'headers')
  const apply = (request: FastifyRequest, reply: FastifyReply) =>
    setBlock(reply, blockFor(prepared, request, reply))

  if (!fastify.hasReplyDecorator('cspNonce')) fastify.decorateReply('cspNonce', null as never)
  if (!fastify.hasReplyDecorator('helmet')) {
    const preparedByOptions = new WeakMap<object, PreparedHeaders>()
    fastify.decorateReply<unknown>(
      'helmet' as string,
      function helmet(this: FastifyReply, callOptions?: HelmetHeaders) {
        let headers = callOptions ? preparedByOptions.get(callOptions) : prepared
        if (headers === undefined) {
          headers = prepare('headers', { ...options, ...callOptions })
          preparedByOptions.set(callOptions!, headers)
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
    )
  }

  if (global) {
    let active = true
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
  }

  warnAboutMisspeltOptions(fastify, ['headers', 'helmet'], ['helmet'])
  const byType = (options.profile ?? headersDefaults.profile) === 'auto'
  const recognisesTools = global && byType && options.contentSecurityPolicy === undefined
  fastify.addHook('onRoute', function (route) {
    const own = routeHeaders(route) ?? (recognisesTools ? toolPageHeaders(this.pluginName, route) : undefined)
    if (own === undefined) return
    const headers = own === false ? undefined : prepare(`headers of ${route.url}`, { ...options, ...own })
    const hook: Hook = (request, reply, done) => {
      setBlock(reply, headers && blockFor(headers, request, reply))
      done()
    }
    // Runs first of the route's hooks. If a hook of the app replies before, the global headers apply.
    route.onRequest = [hook, ...[route.onRequest ?? []].flat()] as Hook[]
  })

  onEarlyRejection(fastify, {
    request: (_error, request, reply) => apply(request, reply),
    socket: (_error, _socket, answer) => Object.assign(answer.headers, prepared.fixed)
  })
}

/** Resolves and prepares headers. Helmet's errors become errors of an option. */
function prepareProfile(option: string, options: HeadersOptions, onPage: () => void): PreparedHeaders {
  const resolved = resolveHeaders(option, options)
  try {
    const headers = prepareHeaders(resolved)
    if ((options.profile ?? headersDefaults.profile) !== 'auto') return headers
    return prepareByType(headers, prepareHeaders(resolveHeaders(option, options, true)), onPage)
  } catch (cause) {
    throw invalidOption(`security: "${option}": ${(cause as Error).message}`, cause)
  }
}

/** Says once that pages have other headers than the rest. */
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
function blockFor(headers: PreparedHeaders, request: FastifyRequest, reply: FastifyReply): HeaderBlock {
  if (!headers.nonces) return headers.block(request, reply)
  const nonce = (reply.cspNonce as CspNonce | null) ?? createNonce()
  reply.cspNonce = nonce
  return headers.block(request, reply, nonce)
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
