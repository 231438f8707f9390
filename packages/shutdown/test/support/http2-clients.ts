import { connect, constants, type ClientHttp2Session } from 'node:http2'
import type { ClientOptions, Clients, Count, Route } from './clients.ts'

export interface Http2Clients extends Clients {
  /** The codes of all GOAWAYs. */
  readonly goaways: number[]
  /** Streams that the server rejected without processing them: sent again, on a new session. */
  readonly refused: () => number
}

const { NGHTTP2_REFUSED_STREAM } = constants

/** Sessions with `streams` requests at a time each; after GOAWAY a session is replaced by one along the route. */
export function startHttp2Clients(
  route: Route,
  {
    connections = 10,
    streams = 5,
    path = '/',
    method = 'GET',
    tls = false
  }: ClientOptions & { streams?: number } = {}
): Http2Clients {
  const count: Count = { ok: 0, failed: {} }
  const goaways: number[] = []
  const opened = new Set<ClientHttp2Session>()
  let refused = 0
  let going = true

  const open = () => {
    const url = `${tls ? 'https' : 'http'}://127.0.0.1:${route.port}`
    const session = connect(url, { rejectUnauthorized: false })
    opened.add(session)
    session.once('goaway', (code) => goaways.push(code))
    session.once('close', () => opened.delete(session))
    // Each of its streams emits the error too.
    return session.on('error', () => undefined)
  }
  const client = async () => {
    let session = open()
    const stream = async () => {
      while (going) {
        if (session.closed || session.destroyed) session = open()
        const result = await exchange(session, path, method)
        if (result === 'refused') refused++
        else if (result === '200') count.ok++
        else count.failed[result] = (count.failed[result] ?? 0) + 1
      }
    }
    await Promise.all(Array.from({ length: streams }, stream))
  }
  const loops = Array.from({ length: connections }, client)
  return {
    count,
    goaways,
    refused: () => refused,
    async stop() {
      going = false
      await Promise.all(loops)
      for (const session of opened) session.destroy()
      return count
    }
  }
}

function exchange(session: ClientHttp2Session, path: string, method: string): Promise<string> {
  return new Promise((resolve) => {
    const body = method === 'POST' ? '{"a":"b"}' : undefined
    const type = body ? { 'content-type': 'application/json' } : {}
    const stream = session.request({ ':path': path, ':method': method, ...type }, { endStream: !body })
    let status: number | undefined
    let text = ''
    let failed: string | undefined
    stream.setEncoding('utf8').on('data', (data: string) => {
      text += data
    })
    stream.once('response', (headers) => {
      status = headers[':status']
    })
    stream.once('error', (error: NodeJS.ErrnoException) => {
      failed = `${error.code}: ${error.message}`
    })
    stream.once('close', () => {
      if (stream.rstCode === NGHTTP2_REFUSED_STREAM) resolve('refused')
      else if (failed) resolve(failed)
      else resolve(status === 200 && !text.endsWith('}') ? 'cut' : String(status))
    })
    if (body) stream.end(body)
  })
}
