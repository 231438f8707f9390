import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createServer as createTcpServer } from 'node:net'

interface Teardown {
  teardown(fn: () => unknown): void
}

/** A request to the upstream. */
export interface Seen {
  method: string
  url: string
  headers: IncomingMessage['headers']
  /** Resolves if the connection closes before the response is complete. */
  gone: Promise<void>
  response: ServerResponse
}

export interface Upstream {
  url: string
  seen: Seen[]
  answer: (seen: Seen) => void
  /** Closes the server and its connections. */
  kill(): Promise<void>
}

/** A server that answers as it is observed, or not at all. */
export async function startUpstream(t: Teardown, answer: (seen: Seen) => void): Promise<Upstream> {
  const upstream: Upstream = {
    url: '',
    seen: [],
    answer,
    async kill() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
  const server = createServer((request, response) => {
    request.resume()
    const gone = new Promise<void>((resolve) => {
      response.once('close', () => {
        if (!response.writableFinished) resolve()
      })
    })
    const { method = '', url = '', headers } = request
    const seen = { method, url, headers, gone, response }
    upstream.seen.push(seen)
    upstream.answer(seen)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  upstream.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  t.teardown(() => upstream.kill())
  return upstream
}

/** Starts a server that writes these bytes to each connection, and closes it unless `close` is false. */
export async function startRawServer(
  t: Teardown,
  bytes: string,
  { close = true } = {}
): Promise<{ url: string; connections(): number }> {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', () => {
      if (close) socket.end(bytes)
      else socket.write(bytes)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, connections: () => sockets.size }
}

export const json =
  (value: unknown, status = 200, headers: Record<string, string> = {}) =>
  ({ response }: Seen): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
  }

export const silence = (): void => undefined
