import type { CustomFetch } from 'openid-client'
import { maxKeySetBytes, readLimitedText } from '../core/limited-body.ts'
import { withoutWeakKeys } from '../tokens/published-keys.ts'

/** Statuses of responses without a body. */
const isBodyless = (status: number): boolean => status === 204 || status === 205 || status === 304

/**
 * `fetch` for calls to a provider: the library reads bodies of any length, and uses published keys of any strength. The
 * timeout covers the body too.
 *
 * @param timeout - Milliseconds.
 */
export const providerFetch =
  (timeout: number): CustomFetch =>
  async (url, init) => {
    const response = await fetch(url, { ...(init as RequestInit), signal: AbortSignal.timeout(timeout) })
    const { status, headers } = response
    const isKeySet = new Headers((init as RequestInit).headers).get('accept')?.includes('jwk-set')
    const text = await readLimitedText(response, isKeySet ? maxKeySetBytes : undefined)
    return new Response(isBodyless(status) ? null : withoutWeakKeys(text), {
      status,
      headers: plain(headers)
    })
  }

/** The body is decoded already, and may have another length. */
function plain(headers: Headers): Headers {
  const copy = new Headers(headers)
  copy.delete('content-encoding')
  copy.delete('content-length')
  return copy
}
