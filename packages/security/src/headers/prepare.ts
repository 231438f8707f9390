import type { FastifyReply, FastifyRequest } from 'fastify'
import helmet, { contentSecurityPolicy } from 'helmet'
import { randomBytes } from 'node:crypto'
import { validateHeaderValue } from 'node:http'
import { blockOf, withFirst, type Block } from '../prepared-headers/header-block.ts'
import type { HelmetHeaders, ResolvedHeaders } from './options.ts'

/** The nonces of one request. */
export interface CspNonce {
  script: string
  style: string
}

/** Headers computed once; what differs per request is filled in. */
export interface PreparedHeaders {
  /** The headers that are the same on every answer. */
  readonly fixed: Readonly<Record<string, string>>
  readonly nonces: boolean
  /** All of a request's headers. `nonce` is the request's, where it has one already. */
  block(request: FastifyRequest, reply: FastifyReply, nonce?: CspNonce): Block
}

type Directives = Record<string, unknown>
interface PolicyOptions {
  directives?: Directives
  reportOnly?: boolean
  useDefaults?: boolean
}

const marks: CspNonce = { script: '{{script-nonce}}', style: '{{style-nonce}}' }

export const freshNonce = (): CspNonce => ({
  script: randomBytes(16).toString('hex'),
  style: randomBytes(16).toString('hex')
})

/**
 * Runs helmet once and keeps what it writes. A policy with functions runs per request, one with nonces is cut into
 * pieces where they go.
 *
 * @throws Error of helmet for options that it refuses.
 */
export function prepareHeaders({ helmet: options, nonces, extra }: ResolvedHeaders): PreparedHeaders {
  const policy = options.contentSecurityPolicy
  const withNonces = nonces && policy !== false
  const {
    'content-security-policy': csp,
    'content-security-policy-report-only': report,
    ...others
  } = written({
    ...options,
    contentSecurityPolicy: policy === false || isDynamic(policy) ? false : withMarks(policy, withNonces)
  })
  const fixed: Record<string, string> = { ...others, ...extra }
  const text = csp ?? report
  const name = csp === undefined ? 'content-security-policy-report-only' : 'content-security-policy'

  if (isDynamic(policy)) return dynamic(policy, withNonces, fixed)
  if (text === undefined) return constant(fixed, nonces)
  // The policy stays where helmet puts it: first.
  if (!withNonces) return constant({ [name]: text, ...fixed }, false)

  const pieces = text.split(/(\{\{(?:script|style)-nonce\}\})/)
  const rest = blockOf(fixed)
  blockOf({ [name]: text })
  return {
    fixed,
    nonces: true,
    block(_request, _reply, nonce = freshNonce()) {
      const filled = pieces.map((piece) =>
        piece === marks.script ? nonce.script : piece === marks.style ? nonce.style : piece
      )
      return withFirst(name, filled.join(''), rest)
    }
  }
}

const constant = (fixed: Record<string, string>, nonces: boolean): PreparedHeaders => {
  const block = blockOf(fixed)
  return { fixed, nonces, block: () => block }
}

function dynamic(policy: PolicyOptions, nonces: boolean, fixed: Record<string, string>): PreparedHeaders {
  const name = policy.reportOnly ? 'content-security-policy-report-only' : 'content-security-policy'
  const ready = nonces ? undefined : contentSecurityPolicy(policy as never)
  const rest = blockOf(fixed)
  return {
    fixed,
    nonces,
    block(request, reply, nonce = freshNonce()) {
      const middleware = ready ?? contentSecurityPolicy(withNonce(policy, nonce) as never)
      let text = ''
      const setHeader = (_name: string, value: string) => void (text = value)
      // The functions of a policy get Node's own response: only what writes is replaced.
      const response = new Proxy(reply.raw, {
        get: (raw, key) => (key === 'setHeader' ? setHeader : (Reflect.get(raw, key) as unknown))
      })
      middleware(request.raw, response, (error) => {
        if (error) throw error
      })
      validateHeaderValue(name, text)
      return withFirst(name, text, rest)
    }
  }
}

/** What helmet writes for these options, in its order. */
function written(options: HelmetHeaders): Record<string, string> {
  const headers: Record<string, string> = {}
  const response = {
    setHeader: (name: string, value: string) => void (headers[name.toLowerCase()] = value),
    removeHeader: () => undefined
  }
  helmet(options as never)({} as never, response as never, (error?: unknown) => {
    if (error) throw error as Error
  })
  return headers
}

function isDynamic(policy: unknown): policy is PolicyOptions {
  if (typeof policy !== 'object' || policy === null) return false
  return Object.values((policy as PolicyOptions).directives ?? {}).some(
    (value) => value !== null && typeof value === 'object' && [...(value as string[])].some(isFunction)
  )
}

const isFunction = (value: unknown): boolean => typeof value === 'function'

const withMarks = (policy: HelmetHeaders['contentSecurityPolicy'], nonces: boolean) =>
  (nonces ? withNonce((policy === true ? undefined : policy) as PolicyOptions, marks) : policy) as never

/** Adds nonces as @fastify/helmet does: to the directive as it is spelled, or to a new one. */
function withNonce(policy: PolicyOptions | undefined, nonce: CspNonce): PolicyOptions {
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
