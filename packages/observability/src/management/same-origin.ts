import { hostname } from 'node:os'
import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'

/** Methods that change something: each is an action of an operator. */
export const isAction = ({ method }: { method: string }): boolean =>
  method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS'

/** The name of a `Host` header without its port and the brackets of IPv6. */
function nameOf(host: string): string {
  const [, address] = /^\[([^\]]*)\](?::\d+)?$/.exec(host) ?? []
  return (address ?? host.replace(/:\d+$/, '')).toLowerCase().replace(/\.$/, '')
}

/** Names under these are never those of a public site: Docker, Kubernetes and local networks use them. */
const privateSuffix = /(?:^|\.)(?:localhost|local|internal|svc|lan|home\.arpa)$/

/**
 * Whether a request names this server as a browser of an operator would. A page of another site can let a name of its
 * own point to this address (DNS rebinding): that name is then in `Host`. Names without a dot are in no public DNS.
 *
 * @param names - Further names, in lower case.
 */
export function isTrustedHost(host: string | undefined, names: ReadonlySet<string>): boolean {
  // Without a host there is no browser.
  if (host === undefined || host === '') return true
  const name = nameOf(host)
  return (
    isIP(name) !== 0 ||
    !name.includes('.') ||
    privateSuffix.test(name) ||
    names.has(name) ||
    name === hostname().toLowerCase()
  )
}

/**
 * Whether no other site has sent the request. A browser states the origin of each action, and programs state none.
 * Of reading, only navigation is allowed from elsewhere: following a link to the page.
 */
export function isSameOrigin(request: FastifyRequest): boolean {
  const { origin, host = '' } = request.headers
  const site = request.headers['sec-fetch-site']
  if (!isAction(request)) {
    const isNavigation = request.headers['sec-fetch-mode'] === 'navigate'
    return site === undefined || site === 'same-origin' || site === 'none' || isNavigation
  }
  // A proxy may change `Host`; a browser that states the site has compared the addresses that its user sees.
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  return origin === undefined || hostOf(origin) === host.toLowerCase()
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host
  } catch {
    // `null`: a page in a sandbox, or one of a file.
    return undefined
  }
}
