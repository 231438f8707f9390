import type { CustomFetch } from 'openid-client'
import { decodeUnverified } from '../core/token-text.ts'

/** Milliseconds for which fetched keys are used. */
const maxKeyAge = 300_000

/** A document that a provider published. */
interface Document {
  readonly text: string
  readonly headers: Headers
  /** The ids of its keys. `undefined` for its metadata. */
  readonly kids: ReadonlySet<unknown> | undefined
  readonly fetchedAt: number
}

/** Keeps what a provider publishes. */
export interface ProviderCache {
  /** The `fetch` of one login: it fetches keys again if that of the login's ID token is not among them. */
  fetchForLogin(): CustomFetch
  clear(): void
}

/**
 * The library has a cache too, but does not fetch keys again within a minute, because tokens may be made up. Those of a
 * login come from the provider itself, also right after it has changed its key.
 */
export function providerCache(fetch: CustomFetch): ProviderCache {
  const documents = new Map<string, Document>()
  return {
    fetchForLogin() {
      let kid: unknown
      const isCurrent = ({ kids, fetchedAt }: Document): boolean =>
        kids === undefined ||
        (kid !== undefined && kids.has(kid) && performance.now() - fetchedAt < maxKeyAge)
      return async (url, options) => {
        const isPublic = options.method === 'GET' && !new Headers(options.headers).has('authorization')
        const kept = isPublic ? documents.get(url) : undefined
        if (kept !== undefined && isCurrent(kept)) return new Response(kept.text, kept)
        const response = await fetch(url, options)
        if (response.status !== 200) return response
        const text = await response.clone().text()
        const { headers } = response
        if (isPublic) documents.set(url, { text, headers, kids: kidsOf(text), fetchedAt: performance.now() })
        else if (options.method === 'POST') kid = kidOfIdToken(text)
        return response
      }
    },
    clear: () => documents.clear()
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    return (JSON.parse(text) ?? {}) as Record<string, unknown>
  } catch {
    return {}
  }
}

function kidsOf(text: string): ReadonlySet<unknown> | undefined {
  const { keys } = parse(text)
  return Array.isArray(keys) ? new Set(keys.map((key: { kid?: unknown } | null) => key?.kid)) : undefined
}

function kidOfIdToken(text: string): unknown {
  const { id_token: token } = parse(text)
  return typeof token === 'string' ? decodeUnverified(token, 'header')?.kid : undefined
}
