// TLS and HTTP/2, under load: no request is lost, and HTTP/2 clients get GOAWAY.
import { connect } from 'node:http2'
import { requires, until } from '@seaworthy/testing'
import t from 'tap'
import { certificate } from './support/certificate.ts'
import { startClients } from './support/clients.ts'
import { startHttp2Clients, type Http2Clients } from './support/http2-clients.ts'
import { rollingRestart } from './support/rolling-restart.ts'
import { service } from './support/service.ts'

const HTTP2 = 'yes'

for (const method of ['GET', 'POST'] as const) {
  requires(['openssl'], `${method} requests over TLS are not lost`, async (t) => {
    const env = { TLS: certificate(t) }
    await rollingRestart(t, (route) => startClients(route, { method, tls: true }), 1000, { env })
  })
}

requires(['openssl'], 'HTTP/1.1 clients of an HTTP/2 server lose no request', async (t) => {
  const env = { TLS: certificate(t), HTTP2 }
  await rollingRestart(t, (route) => startClients(route, { tls: true }), 1000, { env })
})

for (const [what, tls, path, method] of [
  ['HTTP/2 over TLS', true, '/', 'GET'],
  ['slow HTTP/2 over TLS', true, '/slow?ms=300', 'GET'],
  ['POST by HTTP/2 over TLS', true, '/', 'POST'],
  ['HTTP/2 without TLS', false, '/', 'GET'],
  ['slow HTTP/2 without TLS', false, '/slow?ms=300', 'GET']
] as const) {
  requires(tls ? ['openssl'] : [], `${what} loses no request, and its clients get GOAWAY`, async (t) => {
    const env = { HTTP2, TLS: tls ? certificate(t) : '' }
    let clients: Http2Clients | undefined
    const start = (route: { port: number }) =>
      (clients = startHttp2Clients(route, { tls, path, method, connections: 10 }))
    await rollingRestart(t, start, 1000, { env })
    const { goaways = [], refused } = clients ?? {}
    t.ok(goaways.length >= 10, `each of 10 sessions had a GOAWAY: ${goaways.length} in all`)
    t.strictSame([...new Set(goaways)], [0], 'NO_ERROR')
    t.comment(`${refused?.()} streams were rejected and sent again`)
  })
}

t.test('an HTTP/2 client gets GOAWAY and the response of its open stream', async (t) => {
  const app = await service(t, { drainDelay: { min: 300, max: 5000 } }, { HTTP2 })
  const session = connect(`http://127.0.0.1:${app.port}`)
  const goaways: { code: number; last: number | undefined }[] = []
  session.on('goaway', (code, last) => goaways.push({ code, last }))
  session.on('error', () => undefined)
  let status: number | undefined
  const stream = session.request({ ':path': '/slow?ms=1500' })
  stream.on('response', (headers) => {
    status = headers[':status']
  })
  await until('the stream to be accepted', async () => {
    const counting = session.request({ ':path': '/in-flight' })
    let text = ''
    for await (const data of counting) text += String(data)
    return Number(text) >= 2
  })
  const done = new Promise((resolve, reject) => stream.resume().once('close', resolve).once('error', reject))
  app.kill()
  await done
  t.strictSame(new Set(goaways.map(({ code }) => code)), new Set([0]))
  t.ok((goaways[0]?.last ?? Infinity) < 100, 'the last stream by its number: later ones were not processed')
  t.equal(status, 200)
  t.equal((await app.exit).code, 0)
})
