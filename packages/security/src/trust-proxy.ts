import type { FastifyInstance } from 'fastify'
import { trustsForwardedFor } from './internals.ts'

/** Addresses of the networks that are reserved for documentation: no proxy has one. */
const untrustedSamples = ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1']

/** One address of each named range. */
const rangeSamples: Readonly<Record<string, string>> = {
  loopback: '127.0.0.1',
  linklocal: '169.254.0.1',
  uniquelocal: '10.0.0.1'
}

/**
 * Logs at the start which peers may set the client's address. Fastify's constructor sets `trustProxy` and does not
 * expose it, so a wrong value would show only in wrong counts.
 *
 * @param proxies - The option `trustProxy` of the plugin, which should be the constructor's.
 */
export function logTrustProxy(fastify: FastifyInstance, proxies: readonly string[] | false): void {
  const { log } = fastify
  const trusted = new Set(untrustedSamples.map((peer) => trustsForwardedFor(fastify, peer)))
  if (trusted.has(undefined)) {
    log.warn(
      'security: this version of Fastify does not show which peers it trusts; limits count the address that it reports; make sure that "trustProxy" of the constructor lists only your proxies'
    )
    return
  }
  if (!trusted.has(false)) {
    log.warn(
      'security: X-Forwarded-* headers are trusted from every peer; clients choose their address, host and protocol; build the app with Fastify(securityServerOptions({ trustProxy: [your proxies] }))'
    )
    return
  }
  const ranges = proxies || []
  const ignored = ranges.filter((range) => trustsForwardedFor(fastify, sampleOf(range)) === false)
  if (ignored.length > 0) {
    log.warn(
      { ignored },
      `security: X-Forwarded-* headers are not trusted from ${ignored.join(', ')}; all clients behind share one limit; build the app with Fastify(securityServerOptions(options)), with the same "trustProxy"`
    )
  } else if (ranges.length > 0) {
    log.info({ trustProxy: ranges }, 'security: X-Forwarded-* headers are trusted only from these proxies')
  } else {
    log.info("security: X-Forwarded-* headers are ignored; a request's address is that of its connection")
  }
}

const sampleOf = (range: string): string => rangeSamples[range] ?? range.split('/', 1)[0]!
