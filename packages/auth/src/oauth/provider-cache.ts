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

/** The requests of one login. */
export interface LoginRequests {
  /** Fetches keys again if that of the login's ID token is not among them. */
  readonly fetch: CustomFetch
  /**
   * To be called after a failure. The same requests once more: the response with the tokens is the one from before, as
   * a code is valid once, and the keys are fetched. `undefined` if they were fetched for this login.
   */
  withNewKeys(): CustomFetch | undefined
}

/** Keeps what a provider publishes. */
export interface ProviderCache {
  forLogin(): LoginRequests
  clear(): void
}

/**
 * The library has a cache too, but does not fetch keys again within a minute, because tokens may be made up. Those of a
 * login come from the provider itself, also right after it has changed its key.
 */
export function providerCache(fetch: CustomFetch): ProviderCache {
  const documents = new Map<string, Document>()
  return {
    forLogin() {
      let kid: unknown
      let tokens: { url: string; response: Response } | undefined
      let usedKeptKeys = false
      let isSecond = false
      const isCurrent = ({ kids, fetchedAt }: Document): boolean =>
        kids === undefined ||
        (!isSecond && kid !== undefined && kids.has(kid) && performance.now() - fetchedAt < maxKeyAge)
      const fetchOnce: CustomFetch = async (url, options) => {
        const isPublic = options.method === 'GET' && !new Headers(options.headers).has('authorization')
        const kept = isPublic ? documents.get(url) : undefined
        if (kept !== undefined && isCurrent(kept)) {
          usedKeptKeys ||= kept.kids !== undefined
          return new Response(kept.text, kept)
        }
        if (isSecond && url === tokens?.url) return tokens.response.clone()
        const response = await fetch(url, options)
        if (response.status !== 200) return response
        const text = await response.clone().text()
        const { headers } = response
        if (isPublic) documents.set(url, { text, headers, kids: kidsOf(text), fetchedAt: performance.now() })
        else if (options.method === 'POST') {
          kid = kidOfIdToken(text)
          tokens = { url, response: response.clone() }
        }
        return response
      }
      return {
        fetch: fetchOnce,
        withNewKeys() {
          if (!usedKeptKeys || isSecond) return undefined
          isSecond = true
          return fetchOnce
        }
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
