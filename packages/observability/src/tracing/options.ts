import type { AddressList } from '@seaworthy/internal'
import type { IncomingMessage } from 'node:http'
import { addresses, check, section } from '../check.ts'

/** Where a request's ids come from, and where they go. */
export interface CorrelationOptions {
  /**
   * The header that carries the correlation id, in and out. A name of an HTTP header.
   *
   * @defaultValue 'x-correlation-id'
   */
  header?: string | undefined

  /**
   * Peers whose ids and trace context are taken over: IP addresses or CIDR ranges, compared with the address of the
   * connection itself. Others get fresh ids. Left out, anyone's valid id is taken.
   */
  trust?: readonly string[] | undefined

  /**
   * Makes an id for a request that has none, or an invalid one. It must match `^[\w.-]{1,64}$`.
   *
   * @defaultValue a random UUID
   */
  generate?: ((request: IncomingMessage) => string) | undefined

  /**
   * Remembers the request for all that its handler starts (AsyncLocalStorage): `fetch` and undici then carry the ids by
   * themselves, and `app.observability.context()` gives the request anywhere. Costs little from Node 24 on.
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

export interface ResolvedCorrelation {
  header: string
  trusts: AddressList | undefined
  generate: ((request: IncomingMessage) => string) | undefined
  context: boolean
  exclude: ReadonlySet<string>
}

export function resolveCorrelation(options: CorrelationOptions): ResolvedCorrelation {
  section('correlation', options)
  check.keys('correlation', options, ['header', 'trust', 'generate', 'context', 'exclude'])
  const { header = 'x-correlation-id', trust, generate, context = false, exclude = [] } = options

  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(check.string('correlation.header', header))) {
    check.fail('correlation.header', "a header's name", header)
  }
  if (generate !== undefined) check.fn('correlation.generate', generate)
  if (!Array.isArray(exclude)) check.fail('correlation.exclude', 'a list of host names', exclude)
  return {
    header: header.toLowerCase(),
    trusts: addresses('correlation.trust', trust),
    generate,
    context: check.boolean('correlation.context', context),
    exclude: new Set(exclude.map((host) => check.string('correlation.exclude', host).toLowerCase()))
  }
}
