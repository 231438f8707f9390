import dns from 'node:dns'
import type { LookupFunction } from 'node:net'
import { findOptional, isPublicAddress, parseAddress } from '@seaworthy/internal'
import type { Agent, buildConnector } from 'undici'
import { AddressError } from '../errors/input-errors.ts'

/** The part of undici that is used. */
interface Undici {
  Agent: typeof Agent
  buildConnector: typeof buildConnector
  fetch(url: URL, init: object): Promise<unknown>
}

/**
 * Makes a `fetch` that connects to public addresses only. The address is checked where the connection is made: for each
 * redirect too, and whatever the name resolved to a moment ago. The caller's dispatcher does not count.
 */
export function createPublicFetch(): (url: URL, init: RequestInit) => Promise<Response> {
  let parts: { undici: Undici; dispatcher: Agent } | undefined
  return async (url, init) => {
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new AddressError()
    parts ??= load()
    const { undici, dispatcher } = parts
    try {
      return (await undici.fetch(url, { ...(await withPlainBody(init)), dispatcher })) as Response
    } catch (error) {
      // fetch wraps it: `fetch failed`.
      throw error instanceof Error && error.cause instanceof AddressError ? error.cause : error
    }
  }
}

function load(): { undici: Undici; dispatcher: Agent } {
  const optional = findOptional('undici', import.meta.url)
  if (optional === undefined)
    throw new Error('resilience: "allowPrivate: false" needs the package undici; calls fail; install undici')
  const undici = optional.require(optional.path) as Undici
  const connect = undici.buildConnector({ lookup: lookupPublic })
  const dispatcher = new undici.Agent({
    connect(options, callback) {
      // A name goes to `lookup`, an address does not.
      const isAddress = parseAddress(options.hostname) !== undefined
      if (isAddress && !isPublicAddress(options.hostname)) callback(new AddressError(), null)
      else connect(options, callback)
    }
  })
  return { undici, dispatcher }
}

/** Like `dns.lookup`, with the public addresses only. These are what the socket connects to: nothing resolves again. */
const lookupPublic: LookupFunction = (hostname, options, callback) => {
  // Read at each call, because caches replace it.
  dns.lookup(hostname, { ...options, all: true }, (error, found) => {
    const [first, ...others] = error === null ? found.filter(({ address }) => isPublicAddress(address)) : []
    if (error !== null || first === undefined) callback(error ?? new AddressError(), '')
    else if (options.all === true) callback(null, [first, ...others])
    else callback(null, first.address, first.family)
  })
}

/** undici's fetch knows its own FormData only, and would send Node's as the text of an object. */
async function withPlainBody(init: RequestInit): Promise<RequestInit> {
  if (!(init.body instanceof FormData)) return init
  const encoded = new Response(init.body)
  const headers = new Headers(init.headers)
  headers.set('content-type', encoded.headers.get('content-type')!)
  return { ...init, headers, body: await encoded.arrayBuffer() }
}
