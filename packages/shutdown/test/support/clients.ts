import { randomUUID } from 'node:crypto'
import { Agent, request, type RequestOptions } from 'node:http'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Failure } from './accepted.ts'

/** Where a new connection goes. Set while the clients run, like a cluster's routing. */
export interface Route {
  port: number
}

/** The results of all clients: each response must be a 200. */
export interface Count {
  ok: number
  failed: Record<string, number>
}

export interface Clients {
  readonly count: Count
  stop(): Promise<Count>
}

/** Clients whose requests have ids. */
export interface TracedClients extends Clients {
  readonly failures: readonly Failure[]
}

export interface ClientOptions {
  connections?: number
  think?: number
  path?: string
  method?: 'GET' | 'POST'
  tls?: boolean
}

const pause = (think: number) => new Promise((resolve) => setTimeout(resolve, Math.random() * think))

/** Keep-alive clients that never retry; only new connections follow the route. */
export function startClients(route: Route, options: ClientOptions = {}): TracedClients {
  const { connections = 50, think = 0, path = '/', method = 'GET', tls = false } = options
  const count: Count = { ok: 0, failed: {} }
  const failures: Failure[] = []
  let going = true
  const loops = Array.from({ length: connections }, async (_, index) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    agent.createConnection = () =>
      tls
        ? connectTls({ port: route.port, host: '127.0.0.1', rejectUnauthorized: false })
        : connect(route.port, '127.0.0.1')
    const body = method === 'POST' ? JSON.stringify({ index }) : undefined
    const headers = body ? { 'content-type': 'application/json', 'content-length': body.length } : {}
    while (going) {
      const id = randomUUID()
      const { result, isReused } = await once(
        { agent, path, method, headers: { ...headers, 'x-request': id } },
        body
      )
      if (result === '200') count.ok++
      else {
        count.failed[result] = (count.failed[result] ?? 0) + 1
        failures.push({ id, result, isReused })
      }
      if (think > 0) await pause(think)
    }
    agent.destroy()
  })
  return {
    count,
    failures,
    async stop() {
      going = false
      await Promise.all(loops)
      return count
    }
  }
}

function once(options: RequestOptions, body: string | undefined): Promise<Omit<Failure, 'id'>> {
  return new Promise((resolve) => {
    const end = (result: string) => resolve({ result, isReused: sent.reusedSocket })
    const failed = (error: NodeJS.ErrnoException) => end(error.code ?? error.message)
    const sent = request(options, (response) => {
      response.resume().once('error', failed)
      response.once('end', () => end(String(response.statusCode)))
    })
    sent.once('error', failed).end(body)
  })
}

/** Clients that send `depth` requests at once on a connection and want as many answers. */
export function startPipelining(
  route: Route,
  {
    connections = 20,
    depth = 5,
    think = 0,
    path = '/',
    method = 'GET'
  }: ClientOptions & { depth?: number } = {}
): Clients {
  const count: Count = { ok: 0, failed: {} }
  let going = true
  const body =
    method === 'POST' ? 'content-type: application/json\r\ncontent-length: 9\r\n\r\n{"a":"b"}' : '\r\n'
  const batch = `${method} ${path} HTTP/1.1\r\nhost: a\r\n${body}`.repeat(depth)

  const loops = Array.from({ length: connections }, async () => {
    while (going) {
      const socket = connect(route.port, '127.0.0.1').on('error', () => undefined)
      let last = false
      while (going && !last) {
        const { answers, closing, error } = await exchange(socket, batch, depth)
        count.ok += answers
        last = closing || error !== undefined || answers < depth
        if (answers < depth) {
          const name = error ?? 'unanswered'
          count.failed[name] = (count.failed[name] ?? 0) + depth - answers
        }
        if (think > 0) await pause(think)
      }
      socket.destroy()
    }
  })
  return {
    count,
    async stop() {
      going = false
      await Promise.all(loops)
      return count
    }
  }
}

interface Exchange {
  answers: number
  closing: boolean
  error?: string
}

function exchange(socket: Socket, batch: string, depth: number): Promise<Exchange> {
  return new Promise((resolve) => {
    let text = ''
    const done = (error?: string) => {
      socket.off('data', read).off('close', closed).off('error', failed)
      const answers = text.match(/HTTP\/1\.1 200/g)?.length ?? 0
      resolve({ answers, closing: /^connection: close/im.test(text), ...(error ? { error } : {}) })
    }
    const read = (data: Buffer) => {
      text += data.toString('latin1')
      // Each answer ends with its body, which is the only line with a brace.
      if ((text.match(/\{.*\}/g)?.length ?? 0) >= depth) done()
    }
    const closed = () => done('closed')
    const failed = (error: NodeJS.ErrnoException) => done(error.code)
    socket.on('data', read).once('close', closed).once('error', failed)
    socket.write(batch)
  })
}
