/**
 * Parts of Node that are not documented. Nothing else in this package depends on such parts.
 * The tests of malformed requests in `packages/errors` run each against the installed version.
 */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * The response that a connection is carrying at the moment. Node's own handler of `clientError` reads it for the same
 * reason: bytes written beside it would end up inside it. If there were no such member, they would.
 */
export function responseUnderWay(socket: Socket): ServerResponse | undefined {
  const { _httpMessage: response } = socket as Socket & { _httpMessage?: ServerResponse | null }
  return response ?? undefined
}
