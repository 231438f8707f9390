// A log that cannot be written: a file descriptor for reading alone fails as a full disk does, on every platform.
import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Fastify from 'fastify'
import { destination } from 'pino'
import t, { type Test } from 'tap'
import { startNode, until } from '@seaworthy/testing'
import { observability, observabilityServerOptions } from '@seaworthy/observability'

const here = fileURLToPath(import.meta.url)

/** An app whose log has failed once. */
async function buildApp(t: Test, isSync: boolean) {
  const stream = destination({ dest: openSync(here, 'r'), sync: isSync })
  const app = Fastify({ ...observabilityServerOptions({ logger: { stream } }) })
  t.teardown(() => app.close())
  await app.register(observability)
  app.get('/', async () => 'served')
  const failure = new Promise((resolve) => stream.once('error', resolve))
  app.log.info('this line is not written')
  await failure
  return { app, stream }
}

for (const isSync of [true, false]) {
  const kind = isSync ? 'synchronous' : 'asynchronous'
  t.test(`an app serves while its log cannot be written, which goes on later: ${kind}`, async (t) => {
    const { app, stream } = await buildApp(t, isSync)
    t.equal((await app.inject('/')).body, 'served')
    app.log.fatal('pino writes this line at once')
    t.equal((await app.inject('/')).body, 'served')

    const file = join(t.testdir(), 'service.log')
    Object.assign(stream, { fd: openSync(file, 'a') })
    // Lines that waited may come alone, before those of these requests.
    const written = await until('the line of a request', async () => {
      await app.inject('/')
      const text = readFileSync(file, 'utf8')
      return text.includes('request completed') && text
    })
    t.match(written, /"statusCode":200/)
  })
}

t.test('lines that wait for the disk take a bounded amount of memory', async (t) => {
  const { app, stream } = await buildApp(t, true)
  let dropped = 0
  stream.on('drop', () => dropped++)
  const text = 'x'.repeat(64 * 1024)
  for (let i = 0; i < 40; i++) app.log.info(text)
  t.ok(dropped > 10)

  const file = join(t.testdir(), 'service.log')
  Object.assign(stream, { fd: openSync(file, 'a') })
  app.log.info(text)
  app.log.info('a line after all those')
  t.match(readFileSync(file, 'utf8'), /a line after all those/)
})

for (const end of ['exit', 'crash', 'return']) {
  t.test(`a process ends while its log cannot be written: ${end}`, async (t) => {
    const script = fileURLToPath(new URL('fixtures/unwritable-log.ts', import.meta.url))
    const service = startNode(t, script, { env: { END: end } })
    t.equal((await service.exit).code, { exit: 3, crash: 1, return: 0 }[end])
    t.match(service.output(), /the log cannot be written \(E\w+\); the service goes on without it/)
  })
}

for (const DESTINATION of ['asynchronous', 'asynchronous, in blocks', 'in blocks', 'one of several']) {
  t.test(`a fatal line may be the first that cannot be written: ${DESTINATION}`, async (t) => {
    const script = fileURLToPath(new URL('fixtures/unwritable-log.ts', import.meta.url))
    const service = startNode(t, script, { env: { END: 'fatal', DESTINATION } })
    t.equal((await service.exit).code, 3)
    t.match(service.output(), /served: ok/)
    t.match(service.output(), /the log cannot be written \(E\w+\)/)
  })
}

t.test('after the failure of a transport, lines go to standard output', async (t) => {
  const script = fileURLToPath(new URL('fixtures/unwritable-log.ts', import.meta.url))
  const service = startNode(t, script, { env: { END: 'exit', DESTINATION: 'in a thread' } })
  t.equal((await service.exit).code, 3)
  t.match(service.output(), /the transport of the log has failed/)
  t.match(service.output(), /"statusCode":200/)
  t.match(service.output(), /served: ok/)
})

t.test(
  'fatal lines at the start wait once for a thread that has ended, and reach standard output',
  async (t) => {
    const script = fileURLToPath(new URL('fixtures/unwritable-log.ts', import.meta.url))
    const service = startNode(t, script, {
      env: { END: 'fatal at start', DESTINATION: 'in a thread with targets' }
    })
    t.equal((await service.exit).code, 3)
    t.equal(service.output().split('the transport of the log does not take lines').length, 2)
    t.match(service.output(), /the start has failed 999 times/)
  }
)
