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
