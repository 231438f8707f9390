import { PathError } from '../errors.ts'

/** Segments of a path, and a query, each value of which is encoded. */
export interface UrlParts {
  /** Segments: each one stays one segment, whatever is in it. */
  path?: readonly (string | number)[]
  /** The query; `undefined` leaves a parameter out. */
  query?: Record<string, string | number | boolean | undefined>
}

const dots = /^(?:\.|%2e){1,2}$/i

/** One segment. A value that some server might take for `..` or for nothing is refused: it would change the path. */
function segment(value: string | number): string {
  const text = String(value)
  if (text === '' || text.split(/[/\\]/).some((part) => dots.test(part))) throw new PathError()
  return encodeURIComponent(text)
}

/** A path with values in it: `` path`/users/${id}/orders` `` keeps each value inside its segment. */
export function path(strings: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return strings.reduce((text, part, index) => text + segment(values[index - 1]!) + part)
}

/**
 * The URL to call.
 *
 * @throws PathError where a value, or the text itself, would lead out of the path.
 */
export function urlOf(base: string | URL, { path: segments, query }: UrlParts): URL {
  if (typeof base === 'string' && climbs(base)) throw new PathError()
  const url = new URL(base)
  if (segments) {
    url.pathname = [url.pathname.replace(/\/$/, ''), ...segments.map((value) => segment(value))].join('/')
  }
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value))
  }
  return url
}

/** `/users/../admin`: URL would make `/admin` of it without a word. */
const climbs = (text: string): boolean => {
  const [before = ''] = text.split(/[?#]/)
  return before.split(/[/\\]/).some((part) => dots.test(part))
}
