import type { FastifyRequest } from 'fastify'

type Cookies = Record<string, string | undefined>
type WithCookies = FastifyRequest & {
  cookies?: Cookies | null
  server: { parseCookie?: (header: string) => Cookies }
}

/** The cookies of a request. With its option `hook`, @fastify/cookie reads them after the guards, or never. */
export function cookiesOf(request: FastifyRequest): Cookies {
  const { cookies, headers, server } = request as WithCookies
  if (cookies) return cookies
  const { cookie } = headers
  if (cookie === undefined || server.parseCookie === undefined) return {}
  const parsed = server.parseCookie(cookie)
  ;(request as WithCookies).cookies = parsed
  return parsed
}

/** The values of cookies with a name after the first one, which alone is in {@link cookiesOf}. */
export function furtherCookies(request: FastifyRequest, name: string, max: number): readonly string[] {
  const { headers, server } = request as WithCookies
  const { cookie = '' } = headers
  const start = `${name}=`
  // Almost every request has one: no list is made for it.
  if (cookie.indexOf(start) === cookie.lastIndexOf(start) || server.parseCookie === undefined) return []
  const parts = cookie.split(';').filter((part) => part.trimStart().startsWith(start))
  return parts.slice(1, max + 1).flatMap((part) => server.parseCookie(part.trim())[name] ?? [])
}
