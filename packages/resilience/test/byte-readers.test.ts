import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { resilience } from '../src/index.ts'
import { noRequest } from './helpers/app.ts'
import { startUpstream } from './helpers/upstream.ts'

async function openBody(t: Test, { cuts = false } = {}) {
  const upstream = await startUpstream(t, ({ response }) => {
    response.writeHead(200, { 'content-length': cuts ? 20 : 11 })
    response.write('hello world', () => (cuts ? response.destroy() : response.end()))
  })
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(resilience)
  const response = await app.resilience.fetch(noRequest, upstream.url)
  return response.body!.getReader({ mode: 'byob' })
}

t.test('a reader with its own buffer reads a body to its end', async (t) => {
  const reader = await openBody(t)
  let text = ''
  let buffer = new ArrayBuffer(4)
  for (;;) {
    const { done, value } = await reader.read(new Uint8Array(buffer))
    t.ok(value, 'each read, the last one too, returns its buffer')
    text += new TextDecoder().decode(value)
    buffer = value!.buffer
    if (done) break
  }
  t.equal(text, 'hello world')
  t.equal(buffer.byteLength, 4)
})

t.test('a reader with its own buffer sees a body that breaks off', async (t) => {
  const reader = await openBody(t, { cuts: true })
  const whole = new Uint8Array(20)
  await t.rejects(reader.read(whole, { min: 20 }), { code: 'UPSTREAM_FAILED' })
})
