import type { IncomingHttpHeaders } from 'node:http'

/**
 * The credentials of an `Authorization: Bearer …` header, unchanged: the verifiers reject what is not a token.
 * `undefined` without a header, or with another scheme.
 */
export function bearerOf({ authorization }: IncomingHttpHeaders): string | undefined {
  if (authorization === undefined || !/^bearer(?:[\s,]|$)/i.test(authorization)) return undefined
  return authorization.charCodeAt(6) === 32 ? authorization.slice(7) : ''
}
