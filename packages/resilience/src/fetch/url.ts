import { optionChecks } from '@seaworthy/internal'
import { AddressError, PathError } from '../errors/input-errors.ts'

/**
 * Path segments and a query whose values are encoded.
 *
 * @example
 * const parts: UrlParts = { path: ['users', 7], query: { full: true } }
 * app.get('/', async (request) => (await app.resilience.fetch(request, 'http://users.internal', parts)).json())
 */
export interface UrlParts {
  /** Segments that are appended to the URL's path. A value with a slash stays one segment. */
  path?: readonly (string | number)[]
  /** Parameters of the query. One with the value `undefined` is left out. */
  query?: Record<string, string | number | boolean | undefined>
}

const check = optionChecks('resilience')

const dotSegment = /^(?:\.|%2e){1,2}$/i

/** Encodes one segment. Throws for a value that a server may take for `..` or for no segment: it would change the path. */
function encodeSegment(value: string | number): string {
  const text = String(value)
  if (text === '' || hasDotSegment(text)) throw new PathError()
  return encodeURIComponent(text)
}

/**
 * A path with encoded values, each of which stays one segment: `` path`/users/${id}/orders` ``.
 *
 * @example
 * const id = 'a/../b'
 * console.log(path`/users/${'7'}/orders`, id.length) // a value that would change the path throws
 * @throws PathError for a value that would change the path, like `..`.
 */
export function path(strings: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return strings.reduce((text, part, index) => text + encodeSegment(values[index - 1]!) + part)
}

/**
 * The URL of an outgoing call.
 *
 * @throws PathError for a value, or a base, with a segment like `..`, AddressError for a URL without a host.
 */
export function buildUrl(base: string | URL, { path: segments, query }: UrlParts): URL {
  if (typeof base !== 'string' && typeof (base as URL | undefined)?.href !== 'string')
    check.fail('fetch.url', 'a URL, as text or as a URL, or a Request', base)
  // URL would change `/users/../admin` to `/admin`.
  if (typeof base === 'string' && hasDotSegment(base.split(/[?#]/)[0]!)) throw new PathError()
  const url = new URL(base)
  // There is no service to guard. Aborting the response of a `data:` URL would end the process (Node 24).
  if (url.host === '') throw new AddressError()
  if (segments) {
    url.pathname = [url.pathname.replace(/\/$/, ''), ...segments.map((value) => encodeSegment(value))].join(
      '/'
    )
  }
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value))
  }
  return url
}

const hasDotSegment = (text: string): boolean => text.split(/[/\\]/).some((part) => dotSegment.test(part))
