import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { build, listen } from './helpers.ts'

/** Sends bytes and returns all that the server sends until it closes the connection. */
async function raw(port: number, bytes: string): Promise<{ head: string; body: string }> {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  socket.on('error', () => undefined)
  socket.write(bytes)
  await once(socket, 'close')
  const [head = '', body = ''] = text.split('\r\n\r\n')
  return { head, body }
}

t.test('malformed HTTP is answered in the same shape, with an id that is in the log', async (t) => {
  const { app, requestLines, counts } = await build(t)
  const port = await listen(app)
  const cases: [string, number, string][] = [
    ['NONSENSE\r\n\r\n', 400, 'MALFORMED_REQUEST'],
    ['GET / HTTP/1.1\r\nhost: a\r\nbad header\r\n\r\n', 400, 'MALFORMED_REQUEST'],
    [`GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431, 'REQUEST_HEADER_FIELDS_TOO_LARGE']
  ]
  for (const [bytes, statusCode, code] of cases) {
    const { head, body } = await raw(port, bytes)
    t.match(head, new RegExp(`^HTTP/1.1 ${statusCode} `))
    t.match(head.toLowerCase(), 'content-type: application/json; charset=utf-8')
    const answer = JSON.parse(body) as Record<string, string>
    t.strictSame(Object.keys(answer), ['statusCode', 'error', 'message', 'code', 'correlationId'])
    t.match(answer, { statusCode, code })
    t.match(requestLines().at(-1), { level: 30, correlationId: answer.correlationId, code, statusCode })
  }
  t.strictSame(Object.fromEntries(counts), {
    'MALFORMED_REQUEST 400': 2,
    'REQUEST_HEADER_FIELDS_TOO_LARGE 431': 1
  })
})

t.test('malformed HTTP and malformed URLs follow the format option', async (t) => {
  const { app } = await build(t, { format: 'problem', typeBase: '/problems' }, (app) => {
    app.get('/users/:id', async () => 'ok')
  })
  const port = await listen(app)
  const { head, body } = await raw(port, 'NONSENSE\r\n\r\n')

  t.match(head.toLowerCase(), 'content-type: application/problem+json; charset=utf-8')
  t.match(JSON.parse(body), { type: '/problems/malformed-request', status: 400, title: 'Bad Request' })
  const url = await raw(port, 'GET /users/%zz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
  t.match(JSON.parse(url.body), {
    type: '/problems/fst-err-bad-url',
    status: 400,
    detail: 'The URL is malformed'
  })
})
