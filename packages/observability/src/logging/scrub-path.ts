import { scrubText } from '@seaworthy/internal'

const maxPath = 512

/** The path of a URL alone, bounded. A query is never logged: it often has tokens. */
export function scrubPath(url: string): string {
  const query = url.indexOf('?')
  let path = query < 0 ? url : url.slice(0, query)
  const parameters = path.indexOf(';')
  if (parameters >= 0) path = path.slice(0, parameters)
  // A path may hold a whole URL, a parameter that lacks its question mark, or a token.
  if (/[=@:]|%3[ad]|%40/i.test(path) || path.includes('eyJ')) path = scrubText(path.slice(0, 2 * maxPath))
  return path.length > maxPath ? `${path.slice(0, maxPath)}…` : path
}
