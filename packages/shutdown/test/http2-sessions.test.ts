// The end of HTTP/2 sessions whose clients send one request after another, or none.
import { connect, type ClientHttp2Session } from 'node:http2'
import { until } from '@seaworthy/testing'
import t from 'tap'
import { line, service } from './support/service.ts'

const HTTP2 = 'yes'

const open = (port: number): ClientHttp2Session =>
  connect(`http://127.0.0.1:${port}`).on('error', () => undefined)

/** The status of the response, or why there is none. */
function get(session: ClientHttp2Session, path = '/'): Promise<number | string> {
  return new Promise((resolve) => {
    const stream = session.request({ ':path': path })
    let status = 0
    stream.once('response', (head) => {
      status = head[':status'] ?? 0
    })
    stream.once('error', (error) => resolve(error.message))
    stream.resume().once('close', () => resolve(status))
  })
}

t.test(
  'a session without a request closes, and its client learns which streams were processed',
  async (t) => {
    const app = await service(t, { drainDelay: 0, timeout: 500 }, { HTTP2 })
    const session = open(app.port)
    t.equal(await get(session), 200)
    const goaways: { code: number; last: number | undefined }[] = []
    session.on('goaway', (code, last) => goaways.push({ code, last }))
    const closed = new Promise((resolve) => session.once('close', resolve))
    app.kill()
    await closed
    t.match(goaways, [{ code: 0, last: 1 }])
    t.equal((await app.exit).code, 0)
    t.notOk(line(app, /were cut/))
  }
)

t.test('a client that sends one request after another loses none', async (t) => {
  const app = await service(t, { drainDelay: { min: 1000, max: 1000 }, timeout: 500 }, { HTTP2 })
  let session = open(app.port)
  t.equal(await get(session), 200)
  app.kill()
  await until('the drain to start', () => line(app, /shutdown: draining/) !== undefined)
  const answers = new Set<number | string>()
  let sessions = 1
  while (answers.size < 2 && !session.destroyed) {
    if (session.closed) {
      session = open(app.port)
      const isConnected = await new Promise<boolean>((resolve) => {
        session.once('connect', () => resolve(true)).once('close', () => resolve(false))
      })
      if (!isConnected) break
      sessions++
    }
    answers.add(await get(session))
  }
  t.strictSame([...answers], [200])
  t.ok(sessions > 1, `GOAWAY came with a response: ${sessions} sessions`)
  t.equal((await app.exit).code, 0)
  t.notOk(line(app, /were cut/))
})
