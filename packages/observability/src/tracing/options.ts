import type { IncomingMessage } from 'node:http'
import type { AddressList } from '@seaworthy/internal'
import { assertOptionsObject, check, optionalAddressList, optionNames, type Defaults } from '../check.ts'

/**
 * Where the correlation id and the trace context of a request come from, and where they are sent.
 *
 * @example
 * const correlation: CorrelationOptions = { context: true, trust: ['10.0.0.0/8'] }
 * const app = Fastify({ ...observabilityServerOptions({ correlation }) })
 */
export interface CorrelationOptions {
  /**
   * The header that carries the correlation id, in requests and in responses: the name of an HTTP header.
   *
   * @defaultValue 'x-correlation-id'
   * @throws RangeError for text that is not the name of a header.
   */
  header?: string | undefined

  /**
   * Peers whose ids and trace context are accepted: IP addresses or CIDR ranges, compared with the address of the
   * connection itself. Requests of other peers get new ids.
   *
   * @defaultValue none: valid ids of every peer are accepted
   * @throws RangeError for an entry that is neither an address nor a range.
   */
  trust?: readonly string[] | undefined

  /**
   * Makes an id for a request that has none, or an invalid one. It must match `^[\w.-]{1,64}$`; otherwise the request
   * gets a random UUID.
   *
   * @defaultValue a random UUID
   */
  generate?: ((request: IncomingMessage) => string) | undefined

  /**
   * Keeps the request for all code that its handler starts (AsyncLocalStorage): `fetch` and undici then send the ids by
   * themselves, and `app.observability.context()` returns the request anywhere. Costs little from Node 24 on.
   *
   * @defaultValue false
   */
  context?: boolean | undefined

  /**
   * Hosts whose outgoing requests get no ids, where `context` is on: names as in the URL, without the port.
   *
   * @defaultValue []
   */
  exclude?: readonly string[] | undefined
}

const names = optionNames<CorrelationOptions>({
  header: true,
  trust: true,
  generate: true,
  context: true,
  exclude: true
})

export const correlationDefaults: Defaults<CorrelationOptions, 'trust' | 'generate'> = {
  header: 'x-correlation-id',
  context: false,
  exclude: []
}

export interface ResolvedCorrelation {
  header: string
  trusts: AddressList | undefined
  generate: ((request: IncomingMessage) => string) | undefined
  context: boolean
  exclude: ReadonlySet<string>
}

/** Fills in the defaults. @throws RangeError for an option that cannot work. */
export function resolveCorrelation(options: CorrelationOptions): ResolvedCorrelation {
  assertOptionsObject('correlation', options)
  check.keys('correlation', options, names)
  const { trust, generate } = options
  const header = options.header ?? correlationDefaults.header
  const context = options.context ?? correlationDefaults.context
  const exclude: readonly string[] = options.exclude ?? correlationDefaults.exclude

  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(check.string('correlation.header', header))) {
    check.fail('correlation.header', "a header's name", header)
  }
  if (generate !== undefined) check.fn('correlation.generate', generate)
  if (!Array.isArray(exclude)) check.fail('correlation.exclude', 'a list of host names', exclude)
  return {
    header: header.toLowerCase(),
    trusts: optionalAddressList('correlation.trust', trust),
    generate,
    context: check.boolean('correlation.context', context),
    exclude: new Set(exclude.map((host) => check.string('correlation.exclude', host).toLowerCase()))
  }
}
