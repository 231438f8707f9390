import { fileURLToPath } from 'node:url'
import Fastify from 'fastify'
import { pino } from 'pino'
import t from 'tap'
import { startNode } from '@seaworthy/testing'
import { observability, observabilityServerOptions } from '@seaworthy/observability'
import { keptLog } from './helpers.ts'

const script = fileURLToPath(new URL('fixtures/buffered-app.ts', import.meta.url))
const logging = { buffer: {} }

for (const [end, code] of [
  ['exit', 3],
  ['crash', 1],
  ['return', 0]
] as const) {
  t.test(`lines that wait are written in their order when the process ends: ${end}`, async (t) => {
    const service = startNode(t, script, { env: { END: end } })
    t.equal((await service.exit).code, code)
    const lines = service.logs().map(({ level, msg }) => [level, msg])
    t.strictSame(lines[0], [30, 'request completed'])
    if (end === 'crash') t.match(lines[1], [60, /uncaught|unhandled/i])
    else t.equal(lines.length, 1)
  })
}

t.test('lines wait until they are enough', async (t) => {
  const service = startNode(t, script, { env: { END: 'wait' } })
  await service.waitFor(/answered/)
  t.strictSame(service.logs(), [])
  service.kill('SIGKILL')
  await service.exit
  t.strictSame(service.logs(), [], 'a killed process loses them')
})

t.test('a buffer that only the plugin has is a warning', async (t) => {
  const { stream, text } = keptLog()
  const logger = { stream }
  const app = Fastify({ ...observabilityServerOptions({ logger }) })
  t.teardown(async () => app.close())
  await app.register(observability, { metrics: false, logging })
  t.match(text(), /logging\.buffer has no effect in the plugin/)
})

t.test('a buffer beside another destination stops the start', async (t) => {
  for (const options of [
    { logger: { stream: process.stderr } },
    { logger: { transport: { target: 'pino/file' } } },
    { logger: { file: 'service.log' } },
    { loggerInstance: pino({ level: 'silent' }) }
  ]) {
    t.throws(() => observabilityServerOptions({ logging, ...options } as object), {
      name: 'RangeError',
      message: /"logging\.buffer" must be left out beside/
    })
  }
  for (const buffer of [true, { bytes: 1 }, { interval: 0 }]) {
    t.throws(() => observabilityServerOptions({ logging: { buffer: buffer as object } }), {
      name: 'RangeError'
    })
  }
})
