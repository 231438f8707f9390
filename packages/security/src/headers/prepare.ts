import fastifyHelmet from '@fastify/helmet'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { randomBytes } from 'node:crypto'
import { validateHeaderValue } from 'node:http'
import { createHeaderBlock, prependHeader, type HeaderBlock } from '../prepared-headers/header-block.ts'
import type { CspNonce, HeadersOf, HelmetResult, HelmetSet } from './run-helmet.ts'
import type { HelmetHeaders } from './helmet-types.ts'
import type { ResolvedHeaders } from './options.ts'

// The plugin's function again, with the type of its members.
const { contentSecurityPolicy } = fastifyHelmet.fastifyHelmet

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

/** The set with which @fastify/helmet runs. A policy with functions is computed per request. */
export function toHelmetSet({ plugin, route, nonces }: ResolvedHeaders): HelmetSet {
  if (!hasFunctions(policyOf({ plugin, route }))) return { plugin, route, nonces }
  const withoutPolicy = { ...route, contentSecurityPolicy: false }
  return { plugin, route: withoutPolicy, nonces: false }
}

/** The result of a set without a request, with placeholders for its nonces. */
export function resultOf({ plugin, route, nonces }: HelmetSet, headersOf: HeadersOf): HelmetResult {
  const policy = policyOf({ plugin, route })
  const withNonces = nonces && policy !== false
  const options = { ...plugin, ...route }
  if (withNonces) options.contentSecurityPolicy = withNonce(policy, placeholders) as never
  return { headers: headersOf(options), nonce: withNonces ? placeholders : undefined }
}

/**
 * Prepares the headers that @fastify/helmet sends. A policy with functions is computed per request; one with nonces is
 * split where they go.
 *
 * @throws Error of helmet for a policy that it rejects.
 */
export function prepareHeaders(
  { plugin, route, nonces, extra }: ResolvedHeaders,
  { headers, nonce: found }: HelmetResult
): PreparedHeaders {
  const policy = policyOf({ plugin, route })
  const {
    'content-security-policy': csp,
    'content-security-policy-report-only': reportOnly,
    ...others
  } = headers
  const fixed: Record<string, string> = { ...others, ...extra }
  const text = csp ?? reportOnly
  const name = csp === undefined ? 'content-security-policy-report-only' : 'content-security-policy'

  if (hasFunctions(policy)) return prepareDynamicPolicy(policy, nonces, fixed)
  if (text === undefined) return prepareConstant(fixed, nonces)
  // The policy comes first, as in helmet's order.
  if (!nonces || found === undefined) return prepareConstant({ [name]: text, ...fixed }, false)

  const segments = splitAt(text, found)
  const rest = createHeaderBlock(fixed)
  // Checks the text of the policy.
  createHeaderBlock({ [name]: text })
  return {
    fixed,
    nonces: true,
    constant: undefined,
    block(_request, _reply, nonce = createNonce()) {
      let filled = ''
      for (const segment of segments) filled += typeof segment === 'string' ? segment : nonce[segment.kind]
      return prependHeader(name, filled, rest)
    }
  }
}

/** The text of a policy, with the places of its nonces. */
function splitAt(text: string, { script, style }: CspNonce): (string | { kind: keyof CspNonce })[] {
  return text.split(script).flatMap((part, index) => {
    const parts = part
      .split(style)
      .flatMap((segment, at) => (at === 0 ? [segment] : [{ kind: 'style' } as const, segment]))
    return index === 0 ? parts : [{ kind: 'script' } as const, ...parts]
  })
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
  // With nonces it is made for each request; here it is checked.
  const checked = contentSecurityPolicy((nonces ? withNonce(policy, placeholders) : policy) as never)
  const withoutNonces = nonces ? undefined : checked
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

type Policies = Pick<HelmetSet, 'plugin' | 'route'>

const policyOf = ({ plugin, route }: Policies): HelmetHeaders['contentSecurityPolicy'] =>
  'contentSecurityPolicy' in route ? route.contentSecurityPolicy : plugin.contentSecurityPolicy

/** Adds nonces as @fastify/helmet does: to the directive in its spelling, or to a new one. */
function withNonce(policy: Policy | true | undefined, nonce: CspNonce): Policy {
  const options = policy === true ? {} : policy
  const directives: Directives = {
    ...(options ? options.directives : contentSecurityPolicy.getDefaultDirectives())
  }
  for (const kind of ['script', 'style'] as const) {
    const key = Array.isArray(directives[`${kind}-src`]) ? `${kind}-src` : `${kind}Src`
    const before = Array.isArray(directives[key]) ? (directives[key] as unknown[]) : []
    directives[key] = [...before, `'nonce-${nonce[kind]}'`]
  }
  return { ...options, directives }
}
