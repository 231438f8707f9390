import { connect, type Socket } from 'node:net'
import { createServer, request, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Teardown {
  teardown(fn: () => unknown): void
}

/** A socket to write raw bytes on; `received()` is all that has come back. */
export interface RawSocket {
  readonly socket: Socket
  received(): string
  /** Resolves when the peer has closed. */
  readonly closed: Promise<void>
}

/** Connects to loopback, for what an HTTP client would not send. */
export async function rawSocket(t: Teardown, port: number, bytes = ''): Promise<RawSocket> {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.setEncoding('latin1').on('data', (data: string) => {
    text += data
  })
  socket.on('error', () => undefined)
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  t.teardown(() => socket.destroy())
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  if (bytes) socket.write(bytes, 'latin1')
  return { socket, received: () => text, closed }
}

/** Options of {@link requestOnce}. */
export interface RequestOnceOptions {
  method?: string | undefined
  headers?: Record<string, string> | undefined
  /** Sent as JSON. */
  body?: object | undefined
  /** Milliseconds without any data after which it fails. */
  timeout?: number
}

/** A response that has been read to its end. */
export interface WholeResponse {
  status: number
  headers: IncomingMessage['headers']
  body: string
}

/** Sends one request on a new connection, so that the workers of a cluster take turns. */
export const requestOnce = async (
  port: number,
  path: string,
  { method = 'GET', headers = {}, body, timeout = 60_000 }: RequestOnceOptions = {}
): Promise<WholeResponse> =>
  new Promise((resolve, reject) => {
    const json = body === undefined ? {} : { 'content-type': 'application/json' }
    const target = { port, host: '127.0.0.1', path, method, agent: false, headers: { ...json, ...headers } }
    const sent = request(target, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (data: string) => (text += data))
      const { statusCode: status = 0 } = response
      response.on('end', () => resolve({ status, headers: response.headers, body: text }))
      response.on('error', reject)
    })
    // A connection to a worker that has died meanwhile may get no response.
    sent.setTimeout(timeout, () => sent.destroy(new Error('no response')))
    sent.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
  })

/** A request as an intake saw it. */
export interface Received {
  method: string
  url: string
  headers: IncomingMessage['headers']
  body: Buffer
}

/** An HTTP server that keeps what it gets: an error tracker's or an agent's intake, an upstream. */
export interface Intake {
  readonly url: string
  readonly port: number
  readonly requests: Received[]
  readonly server: Server
}

/** Starts an intake on loopback; `answer` gives status and body, 200 and `{}` by default. */
export async function startIntake(
  t: Teardown,
  answer: (request: Received) => {
    status?: number
    headers?: Record<string, string>
    body?: string
  } = () => ({})
): Promise<Intake> {
  const requests: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const received = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks)
      }
      requests.push(received)
      const { status = 200, headers = { 'content-type': 'application/json' }, body = '{}' } = answer(received)
      response.writeHead(status, headers).end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  t.teardown(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${port}`, port, requests, server }
}
