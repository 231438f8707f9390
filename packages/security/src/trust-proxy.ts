import type { FastifyInstance } from 'fastify'

/** From networks that are nobody's: they stand in documents only. */
const strangers = ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1']
const client = '203.0.113.254'

/** An address of each of the names. */
const named: Readonly<Record<string, string>> = {
  loopback: '127.0.0.1',
  linklocal: '169.254.0.1',
  uniquelocal: '10.0.0.1'
}

/**
 * Asks at the start what an address forwarded by this peer or that would be taken for, and says so. Only the
 * constructor can set it, and Fastify doesn't tell: without the look a wrong setting shows in nothing but wrong counts.
 */
export function sayTrust(fastify: FastifyInstance, declared: readonly string[] | false): void {
  const { log } = fastify
  if (strangers.every((peer) => believes(fastify, peer))) {
    log.warn(
      'security: X-Forwarded-* headers count from everybody, so clients choose their address, host and protocol: build the app with Fastify(securityServerOptions({ trustProxy: [the proxies] }))'
    )
    return
  }
  const proxies = declared || []
  const ignored = proxies.filter((range) => believes(fastify, firstOf(range)) === false)
  if (ignored.length > 0) {
    log.warn(
      { ignored },
      `security: X-Forwarded-* headers do not count from ${ignored.join(', ')}, so all clients behind share one limit: build the app with Fastify(securityServerOptions(options)), with the same "trustProxy"`
    )
    return
  }
  if (proxies.length > 0) {
    log.info({ trustProxy: proxies }, 'security: X-Forwarded-* headers count only from these proxies')
  } else {
    log.info("security: the address of a request is its connection's: X-Forwarded-* headers do not count")
  }
}

const firstOf = (range: string): string => named[range] ?? range.split('/', 1)[0]!

/** Whether a peer's X-Forwarded-For would count; undefined where Fastify cannot be asked. */
function believes(fastify: FastifyInstance, peer: string): boolean | undefined {
  const raw = { headers: { 'x-forwarded-for': client }, socket: { remoteAddress: peer } }
  try {
    const { prototype } = requestClass(fastify)!
    const request = Object.create(prototype, { raw: { value: raw } }) as { ip: string }
    return request.ip === client
  } catch {
    return undefined
  }
}

/** What Fastify makes requests of. It is not documented, so all of the above does without. */
function requestClass(fastify: FastifyInstance): { prototype: object } | undefined {
  for (let scope: object | null = fastify; scope; scope = Object.getPrototypeOf(scope) as object | null) {
    const key = Object.getOwnPropertySymbols(scope).find((each) => each.description === 'fastify.Request')
    if (key) return (scope as Record<symbol, { prototype: object }>)[key]
  }
  return undefined
}
