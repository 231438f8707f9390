// The report, the line at start and the operators' page have one source.
import './parts.ts'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { seaworthy, serverOptions, type SeaworthyOptions } from '../src/index.ts'

/** The lists of the line at start, without the reasons. */
const listsOf = (line: string): Record<string, string[]> =>
  Object.fromEntries(
    line
      .replace(/^seaworthy: /, '')
      .replaceAll(/ \([^)]*\)/g, '')
      .split('; ')
      .map((list) => {
        const [title = '', names = ''] = list.split(/: (.*)/)
        return [title, names.split(', ')]
      })
  )

for (const [name, withConstructor] of [
  ['with the constructor', true],
  ['without the constructor', false]
] as const) {
  t.test(`${name}, report(), the line at start and the page list the same`, async (t) => {
    const lines: string[] = []
    const stream = {
      write(line: string) {
        lines.push((JSON.parse(line) as { msg: string }).msg)
      }
    }
    const options = {
      auth: false,
      resilience: false,
      observability: { management: { port: 0 }, logger: { stream } }
    } satisfies SeaworthyOptions
    const app = (withConstructor
      ? Fastify(serverOptions(options))
      : Fastify({ logger: { stream } })) as unknown as FastifyInstance
    t.teardown(() => app.close())
    await app.register(cors, { origin: 'https://a.example' })
    await app.register(seaworthy, options)
    await app.register(helmet)
    app.get('/', async () => 'x')
    await app.listen({ port: 0, host: '127.0.0.1' })

    const report = app.seaworthy.report()
    const named = (state: string) =>
      report.parts.filter((entry) => entry.state === state).map(({ part }) => part)
    t.strictSame(named('backed off'), ['security.cors', 'security.headers'])
    t.strictSame(new Set(report.parts.map(({ part }) => part)).size, report.parts.length, 'each part once')

    const [line = '', ...others] = lines.filter((msg) => msg.startsWith('seaworthy: on: '))
    t.strictSame(others, [])
    const lists = listsOf(line)
    for (const state of ['on', 'off', 'backed off']) t.strictSame(lists[state], named(state), state)
    t.equal(report.missing.length > 0, !withConstructor)
    for (const missing of report.missing) t.ok(line.includes(missing.split(':')[0]!), missing)
    t.equal(line.includes('constructor lacks'), !withConstructor)

    const { port } = app.observability.management!
    const status = (await (await fetch(`http://127.0.0.1:${port}/status.json`)).json()) as {
      details: { parts: unknown }
    }
    t.strictSame(status.details.parts, report)
  })
}
