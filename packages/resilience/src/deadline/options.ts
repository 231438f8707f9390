import {
  type Complete,
  addressList,
  MAX_DELAY,
  type AddressList,
  type OptionChecks
} from '@seaworthy/internal'
import type { FastifyRequest } from 'fastify'
import { withDefaults } from '../merge-options.ts'

/**
 * The time limit of each request, and the header that carries it.
 *
 * @example
 * const deadline: DeadlineOptions = { default: 10_000, trust: ['10.0.0.0/8'] }
 * await app.register(resilience, { deadline })
 */
export interface DeadlineOptions {
  /**
   * The header that carries the remaining time, on arriving requests and on outgoing calls. `grpc-timeout` is read and
   * written in gRPC's format (`250m`), any other header in milliseconds. `false` turns the header off.
   *
   * @defaultValue 'x-envoy-expected-rq-timeout-ms'
   * @throws RangeError for an empty name.
   */
  header?: string | false | undefined

  /**
   * The time limit of a request whose route has none in its `config.deadline`. Milliseconds, 1 to 2147483647.
   *
   * @defaultValue 30000, or `max` if that is less
   * @throws RangeError outside that range.
   */
  default?: number | undefined

  /**
   * The longest time limit that the header can set. It never sets a longer one than the request has without it.
   * Milliseconds, 1 to 2147483647.
   *
   * @defaultValue 60000
   * @throws RangeError outside that range.
   */
  max?: number | undefined

  /**
   * Whether the header of arriving requests shortens their time limit, if it is from a trusted peer.
   *
   * @defaultValue true
   */
  accept?: boolean | undefined

  /**
   * The peers whose header counts: addresses and CIDR ranges.
   *
   * @defaultValue Loopback and private networks, for requests whose client (`request.ip`) has such an address too
   * @throws RangeError for an entry that is neither.
   */
  trust?: readonly string[] | undefined

  /**
   * Whether `resilience.fetch` sends the header.
   *
   * @defaultValue true
   */
  propagate?: boolean | undefined
}

export interface DeadlinePolicy extends Complete<Omit<DeadlineOptions, 'trust'>> {
  /** Whether the header of this request counts. */
  trusts(request: FastifyRequest): boolean
}

export const deadlineDefaults: Complete<Omit<DeadlineOptions, 'trust'>> & { trust: undefined } = {
  header: 'x-envoy-expected-rq-timeout-ms',
  default: 30_000,
  max: 60_000,
  accept: true,
  trust: undefined,
  propagate: true
}

const privateNetworks = [
  '127.0.0.0/8',
  '::1',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '100.64.0.0/10',
  'fc00::/7',
  'fe80::/10'
]

/** The characters of a token of HTTP. */
const isHeaderName = (name: string): boolean => /^[\w!#$%&'*+.^`|~-]+$/.test(name)

const milliseconds = { min: 1, max: MAX_DELAY, unit: 'milliseconds' }

/** Applies the defaults and checks the values. */
export function resolveDeadline(options: DeadlineOptions, check: OptionChecks): DeadlinePolicy {
  check.keys('deadline', options, Object.keys(deadlineDefaults))
  const { header, max, accept, propagate } = withDefaults(deadlineDefaults, options)
  const limit = options.default ?? Math.min(deadlineDefaults.default, max)
  if (header !== false && !isHeaderName(check.string('deadline.header', header)))
    check.fail('deadline.header', 'the name of a header, or false', header)
  return {
    header: header === false ? false : header.toLowerCase(),
    default: check.number('deadline.default', limit, milliseconds),
    max: check.number('deadline.max', max, milliseconds),
    accept: check.boolean('deadline.accept', accept),
    trusts: resolveTrust(options.trust, check),
    propagate: check.boolean('deadline.propagate', propagate)
  }
}

/** A request over a Unix socket has no address: only a proxy on the same host knows whose it is. */
function resolveTrust(trust: readonly string[] | undefined, check: OptionChecks): DeadlinePolicy['trusts'] {
  if (trust !== undefined && !Array.isArray(trust)) check.fail('deadline.trust', 'an array', trust)
  const listed = (entries: readonly string[]) => addressList('resilience: "deadline.trust"', entries)
  // The list takes longer than all other options together, and few services ever get the header.
  let byDefault: AddressList | undefined
  const isTrusted = trust
    ? listed(trust)
    : (address: string) => (byDefault ??= listed(privateNetworks))(address)
  const isPeerTrusted = ({ raw }: FastifyRequest): boolean => isTrusted(raw.socket.remoteAddress ?? '')
  // Behind a proxy the peer is the proxy, and the header may come from any client.
  return trust ? isPeerTrusted : (request) => isPeerTrusted(request) && isTrusted(request.ip ?? '')
}
