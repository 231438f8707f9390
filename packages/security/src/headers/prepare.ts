import type { FastifyReply, FastifyRequest } from 'fastify'
import { contentSecurityPolicy } from 'helmet'
import { randomBytes } from 'node:crypto'
import { validateHeaderValue } from 'node:http'
import { helmetHeaders } from '../internals.ts'
import { createHeaderBlock, prependHeader, type HeaderBlock } from '../prepared-headers/header-block.ts'
import type { HelmetHeaders } from './helmet-types.ts'
import type { ResolvedHeaders } from './options.ts'

/**
 * The nonces of one request.
 *
 * @example
 * app.get('/', async (_request, reply) => {
 *   const { script }: CspNonce = reply.cspNonce
 *   return reply.type('text/html').send(`<script nonce="${script}">start()</script>`)
 * })
 */
export interface CspNonce {
  script: string
  style: string
}

/** Headers that are computed once. The parts that differ per request are filled in. */
export interface PreparedHeaders {
  /** The headers that are the same on every response. */
  readonly fixed: Readonly<Record<string, string>>
  readonly nonces: boolean
  /** The headers, if they are the same for every request. */
  readonly constant: HeaderBlock | undefined
  /** All headers for a request. `nonce`: the nonces that the request has already. */
  block(request: FastifyRequest, reply: FastifyReply, nonce?: CspNonce): HeaderBlock
}

type Directives = Record<string, unknown>
interface Policy {
  directives?: Directives
  reportOnly?: boolean
  useDefaults?: boolean
}

const placeholders: CspNonce = { script: '{{script-nonce}}', style: '{{style-nonce}}' }

export const createNonce = (): CspNonce => ({
  script: randomBytes(16).toString('hex'),
  style: randomBytes(16).toString('hex')
})

/**
 * Runs helmet once and keeps its headers. A policy with functions is computed per request; one with nonces is split
 * where they go.
 *
 * @throws Error of helmet for options that it rejects.
 */
export function prepareHeaders({ helmet: options, nonces, extra }: ResolvedHeaders): PreparedHeaders {
  const policy = options.contentSecurityPolicy
  const withNonces = nonces && policy !== false
  const {
    'content-security-policy': csp,
    'content-security-policy-report-only': reportOnly,
    ...others
  } = helmetHeaders({
    ...options,
    contentSecurityPolicy:
      policy === false || hasFunctions(policy) ? false : withPlaceholders(policy, withNonces)
  })
  const fixed: Record<string, string> = { ...others, ...extra }
  const text = csp ?? reportOnly
  const name = csp === undefined ? 'content-security-policy-report-only' : 'content-security-policy'

  if (hasFunctions(policy)) return prepareDynamicPolicy(policy, withNonces, fixed)
  if (text === undefined) return prepareConstant(fixed, nonces)
  // The policy comes first, as in helmet's order.
  if (!withNonces) return prepareConstant({ [name]: text, ...fixed }, false)

  const pieces = text.split(/(\{\{(?:script|style)-nonce\}\})/)
  const rest = createHeaderBlock(fixed)
  // Checks the text of the policy.
  createHeaderBlock({ [name]: text })
  return {
    fixed,
    nonces: true,
    constant: undefined,
    block(_request, _reply, nonce = createNonce()) {
      const filled = pieces.map((piece) =>
        piece === placeholders.script ? nonce.script : piece === placeholders.style ? nonce.style : piece
      )
      return prependHeader(name, filled.join(''), rest)
    }
  }
}

const prepareConstant = (fixed: Record<string, string>, nonces: boolean): PreparedHeaders => {
  const block = createHeaderBlock(fixed)
  return { fixed, nonces, constant: block, block: () => block }
}

function prepareDynamicPolicy(
  policy: Policy,
  nonces: boolean,
  fixed: Record<string, string>
): PreparedHeaders {
  const name = policy.reportOnly ? 'content-security-policy-report-only' : 'content-security-policy'
  const withoutNonces = nonces ? undefined : contentSecurityPolicy(policy as never)
  const rest = createHeaderBlock(fixed)
  return {
    fixed,
    nonces,
    constant: undefined,
    block(request, reply, nonce = createNonce()) {
      const middleware = withoutNonces ?? contentSecurityPolicy(withNonce(policy, nonce) as never)
      let text: string | undefined
      const setHeader = (_name: string, value: string) => void (text = value)
      // The functions of a policy get Node's own response: only its method for writing is replaced.
      const response = new Proxy(reply.raw, {
        get: (raw, key) => (key === 'setHeader' ? setHeader : (Reflect.get(raw, key) as unknown))
      })
      middleware(request.raw, response, (error) => {
        if (error) throw error
      })
      if (text === undefined) throw new Error('security: helmet wrote no content security policy')
      validateHeaderValue(name, text)
      return prependHeader(name, text, rest)
    }
  }
}

function hasFunctions(policy: unknown): policy is Policy {
  if (typeof policy !== 'object' || policy === null) return false
  return Object.values((policy as Policy).directives ?? {}).some(
    (value) => value !== null && typeof value === 'object' && [...(value as string[])].some(isFunction)
  )
}

const isFunction = (value: unknown): boolean => typeof value === 'function'

const withPlaceholders = (policy: HelmetHeaders['contentSecurityPolicy'], nonces: boolean) =>
  (nonces ? withNonce((policy === true ? undefined : policy) as Policy, placeholders) : policy) as never

/** Adds nonces as @fastify/helmet does: to the directive in its spelling, or to a new one. */
function withNonce(policy: Policy | undefined, nonce: CspNonce): Policy {
  const directives: Directives = {
    ...(policy ? policy.directives : contentSecurityPolicy.getDefaultDirectives())
  }
  for (const kind of ['script', 'style'] as const) {
    const key = Array.isArray(directives[`${kind}-src`]) ? `${kind}-src` : `${kind}Src`
    const before = Array.isArray(directives[key]) ? (directives[key] as unknown[]) : []
    directives[key] = [...before, `'nonce-${nonce[kind]}'`]
  }
  return { ...policy, directives }
}
