const escape = (letter: string): string =>
  `%${letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`

/** Letters that need no percent-encoding. */
const unreserved = /[\w.~-]/

/**
 * A path in the form in which equivalent ones are equal (RFC 3986, 6.2.2): only what needs it is percent-encoded, in
 * upper case. Dots stay: the URLs of proofs have none, so a request with such a path has no proof.
 */
export function normalisePath(path: string): string {
  if (!/[%"<>`{}^|\\]/.test(path)) return path
  return path
    .replace(/%[0-9a-f]{2}/gi, (encoded) => {
      const letter = String.fromCharCode(Number.parseInt(encoded.slice(1), 16))
      return unreserved.test(letter) ? letter : encoded.toUpperCase()
    })
    .replace(/["<>`{}^|\\]/g, escape)
}

/** Whether `htu` is the URL of a request. Query and fragment do not count. */
export type MatchesTarget = (htu: string, requestUrl: string) => boolean

/** @param baseUrls - Those under which clients call the service, without a slash at the end. */
export const createMatchesTarget =
  (baseUrls: readonly string[]): MatchesTarget =>
  (htu, requestUrl) => {
    const end = requestUrl.search(/[?#]/)
    const path = normalisePath(end === -1 ? requestUrl : requestUrl.slice(0, end))
    // An absolute URL or `*` is no path of a route.
    if (!path.startsWith('/') || !URL.canParse(htu)) return false
    const { origin, pathname, username, password } = new URL(htu)
    if (username !== '' || password !== '') return false
    const target = origin + normalisePath(pathname)
    return baseUrls.some((baseUrl) => target === baseUrl + path)
  }
