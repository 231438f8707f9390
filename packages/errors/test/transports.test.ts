// The same routes over HTTP/1.1, HTTP/2 without TLS and injected requests.
import { once } from 'node:events'
import { connect, constants, type ClientHttp2Session } from 'node:http2'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { meterPort, provide } from '@seaworthy/contract'
import { until } from '@seaworthy/testing'
import { ConflictError, errors, errorsServerOptions } from '../src/index.ts'
import { countingMeter, keptLog } from './helpers.ts'

interface Answer {
  status: number
  body: string
  cut: boolean
}

interface Transport {
  get(path: string): Promise<Answer>
  /** Sends a request and leaves once the first bytes have arrived. */
  leave?(path: string): Promise<void>
}

const breaking = () =>
  Readable.from(
    (async function* () {
      yield 'some bytes'
      await new Promise((resolve) => setImmediate(resolve))
      throw new Error('disk gone')
    })()
  )

const endless = (onClose: () => void) => {
  const stream = new Readable({ read() {} })
  stream.push('some bytes')
  return stream.once('close', onClose)
}

function routes(app: FastifyInstance, onClose: () => void): void {
  app.get('/node', async (_request, reply) => reply.send(Readable.from(['a', 'b'])))
  app.get('/callback', (_request, reply) => void reply.send(Readable.from(['a', 'b'])))
  app.get('/web', async (_request, reply) => reply.send(Readable.toWeb(Readable.from([Buffer.from('ab')]))))
  app.get('/response', async () => new Response('ab'))
  app.get('/buffer', async () => Buffer.from('ab'))
  app.get('/typed', async (_request, reply) => reply.send(new Uint8Array([97, 98])))
  app.get('/empty', async (_request, reply) => reply.send(Readable.from([])))
  app.get('/hijacked', (_request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200)
    reply.raw.end('ab')
  })
  app.get('/error', async () => {
    throw new ConflictError('clash')
  })
  app.get('/failing-send', { onSend: async () => Promise.reject(new Error('hook')) }, async () => 'ab')
  app.get('/broken', async (_request, reply) => reply.type('text/plain').send(breaking()))
  app.get('/broken-web', async (_request, reply) => reply.type('text/plain').send(Readable.toWeb(breaking())))
  app.get('/endless', async (_request, reply) => reply.type('text/plain').send(endless(onClose)))
}

const transports: Record<string, (t: Test, app: FastifyInstance) => Promise<Transport>> = {
  async inject(_t, app) {
    return {
      async get(path) {
        const response = await app.inject(path).catch(() => undefined)
        return response === undefined
          ? { status: 200, body: '', cut: true }
          : { status: response.statusCode, body: response.body, cut: false }
      }
    }
  },
  async 'HTTP/1.1'(_t, app) {
    const port = await listen(app)
    const open = async (path: string) => {
      const sent = request({ port, path, host: '127.0.0.1', agent: false }).end()
      const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage]
      return { sent, response }
    }
    return {
      async get(path) {
        const { response } = await open(path)
        let body = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          body += chunk
        })
        response.on('error', () => undefined)
        await new Promise((resolve) => response.once('close', resolve))
        return { status: response.statusCode ?? 0, body, cut: !response.complete }
      },
      async leave(path) {
        const { sent, response } = await open(path)
        await once(response, 'data')
        sent.on('error', () => undefined)
        response.on('error', () => undefined)
        sent.destroy()
      }
    }
  },
  async 'HTTP/2'(t, app) {
    const session: ClientHttp2Session = connect(`http://127.0.0.1:${await listen(app)}`)
    t.teardown(() => session.destroy())
    const open = async (path: string) => {
      const stream = session.request({ ':path': path })
      stream.on('error', () => undefined)
      const [headers] = (await once(stream, 'response')) as [{ ':status'?: number }]
      return { stream, status: headers[':status'] ?? 0 }
    }
    return {
      async get(path) {
        const { stream, status } = await open(path)
        let body = ''
        stream.setEncoding('utf8').on('data', (chunk: string) => {
          body += chunk
        })
        await new Promise((resolve) => stream.once('close', resolve))
        return { status, body, cut: stream.rstCode !== constants.NGHTTP2_NO_ERROR }
      },
      async leave(path) {
        const { stream } = await open(path)
        await once(stream, 'data')
        stream.close(constants.NGHTTP2_CANCEL)
      }
    }
  }
}

async function listen(app: FastifyInstance): Promise<number> {
  await app.listen({ port: 0, host: '127.0.0.1' })
  return (app.server.address() as AddressInfo).port
}

for (const [name, open] of Object.entries(transports)) {
  t.test(
    `all kinds of responses arrive over ${name}, and failing ones are answered or cut off`,
    async (t) => {
      const { lines, logger } = keptLog()
      const counts = new Map<string, number>()
      const options = { ...errorsServerOptions(), logger }
      const app = (
        name === 'HTTP/2' ? Fastify({ ...options, http2: true }) : Fastify(options)
      ) as FastifyInstance
      t.teardown(() => app.close())
      provide(app, meterPort, countingMeter(counts))
      await app.register(errors)
      let closed = 0
      routes(app, () => closed++)
      const transport = await open(t, app)

      for (const path of ['/node', '/callback', '/web', '/response', '/buffer', '/typed', '/hijacked'])
        t.strictSame(await transport.get(path), { status: 200, body: 'ab', cut: false }, path)
      t.strictSame(await transport.get('/empty'), { status: 200, body: '', cut: false })
      t.match(await transport.get('/error'), { status: 409, body: /clash/ })
      t.match(await transport.get('/failing-send'), { status: 500, body: /An error occurred/ })
      t.match(await transport.get('/nowhere'), { status: 404, body: /ROUTE_NOT_FOUND/ })
      if (transport.leave !== undefined) {
        t.equal(counts.get('RESPONSE_CUT_OFF 200'), undefined)
        await transport.leave('/endless')
        await until('the end of the stream', () => closed === 1)
        t.equal(counts.get('RESPONSE_CUT_OFF 200'), undefined, 'a client that leaves is no failure')
        for (const [index, path] of ['/broken', '/broken-web'].entries()) {
          t.match(await transport.get(path), { status: 200, cut: true }, path)
          await until('the count', () => counts.get('RESPONSE_CUT_OFF 200') === index + 1)
        }
        t.match(await transport.get('/node'), { status: 200, body: 'ab' }, 'the process lives')
      }
      t.notMatch(JSON.stringify(lines), /TypeError/)
    }
  )
}
