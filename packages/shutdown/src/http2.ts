import type { ServerHttp2Session } from 'node:http2'

/** Says GOAWAY: streams that were taken are finished, later ones are refused and may be sent again elsewhere. */
export function closeSession(session: object): void {
  const http2 = session as ServerHttp2Session
  if (!http2.closed && !http2.destroyed) http2.close()
}
