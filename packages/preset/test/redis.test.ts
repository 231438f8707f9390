// Why the preset's Redis cannot be used.
import './parts.ts'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { once } from 'node:events'
import { until } from '@seaworthy/testing'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { Secret } from '@seaworthy/internal'
import { seaworthy, serverOptions, type SeaworthyOptions } from '../src/index.ts'

const password = 'a-password-that-is-wrong'

/** A server that answers every command so, until `recover()`. */
async function redisThatAnswers(t: Test, reply: string) {
  let text = reply
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (data) => {
      const commands = data.toString().split(/(?=\*\d+\r\n)/)
      for (const command of commands)
        socket.write(/info/i.test(command) && text === '+OK\r\n' ? '$0\r\n\r\n' : text)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return { port: (server.address() as AddressInfo).port, recover: () => void (text = '+OK\r\n') }
}

async function start(t: Test, port: number) {
  const lines: Record<string, unknown>[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const redis = { host: '127.0.0.1', port, password: new Secret(password) }
  const options = { redis, auth: false, shutdown: { exit: false } } as SeaworthyOptions
  const app = Fastify({ ...(serverOptions(options) as object), logger: { stream, level: 'debug' } })
  t.teardown(() => app.close())
  await app.register(seaworthy, options)
  await app.ready()
  const reasons = () => lines.filter(({ msg }) => /Redis cannot be used/.test(String(msg)))
  return { lines, reasons }
}

t.test('a rejected password is a warning with the reason, once, without the password', async (t) => {
  const server = await redisThatAnswers(t, '-WRONGPASS invalid username-password pair\r\n')
  const { lines, reasons } = await start(t, server.port)
  await until('the reason', () => reasons().some(({ reason }) => /WRONGPASS/.test(String(reason))))
  t.match(reasons()[0], { level: 40 })
  server.recover()
  await until('the end of the outage', () =>
    lines.some(({ msg }) => /Redis can be used again/.test(String(msg)))
  )
  t.equal(reasons().filter(({ reason }) => /WRONGPASS/.test(String(reason))).length, 1)
  t.notMatch(JSON.stringify(lines), password)
})

t.test('a port on which nothing listens is named', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  const { reasons } = await start(t, port)
  await until('the reason', () => reasons().some(({ reason }) => /ECONNREFUSED/.test(String(reason))))
  t.equal(reasons().length, 1)
})
