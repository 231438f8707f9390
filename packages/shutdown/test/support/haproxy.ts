import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { commandPath, freePort, start, temporaryFolder, until } from '@seaworthy/testing'
import type { Test } from 'tap'

/** A free port below those that outgoing connections get: one of these may take it while its server restarts. */
export async function lastingPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    const server = createServer()
    // oxlint-disable-next-line no-await-in-loop -- until one is free
    const free = await once(server.listen(port, '127.0.0.1'), 'listening').catch(() => undefined)
    if (!free) continue
    // oxlint-disable-next-line no-await-in-loop -- the last round
    await once(server.close(), 'close')
    return port
  }
}

/** HAProxy's counters of one server, or of all of them (`BACKEND`). */
export type Counters = Record<string, string>

export interface Balancer {
  readonly port: number
  counters(server: string): Promise<Counters>
  /** Resolves when the server is in, or out of, rotation. */
  is(server: string, status: 'UP' | 'DOWN'): Promise<void>
}

/** A real HAProxy that polls readiness and does not retry. */
export async function haproxy(t: Test, servers: Record<string, number>): Promise<Balancer> {
  const port = await freePort()
  const stats = await freePort()
  const file = join(temporaryFolder(t, 'haproxy'), 'haproxy.cfg')
  const lines = Object.entries(servers).map(([name, at]) => `  server ${name} 127.0.0.1:${at}`)
  const configuration = `
global
  maxconn 1000
defaults
  mode http
  retries 0
  timeout connect 10s
  timeout client 60s
  timeout server 60s
  timeout check 5s
frontend public
  bind 127.0.0.1:${port}
  default_backend app
frontend stats
  bind 127.0.0.1:${stats}
  stats enable
  stats uri /
backend app
  balance roundrobin
  option httpchk GET /health/ready
  default-server check inter 100ms fall 2 rise 2
${lines.join('\n')}
`
  writeFileSync(file, configuration)
  // `-db`: stays in the foreground.
  const running = start(t, commandPath('haproxy') ?? 'haproxy', ['-db', '-f', file])

  const counters = async (server: string): Promise<Counters> => {
    const answer = await fetch(`http://127.0.0.1:${stats}/;csv`)
    const [head = '', ...rows] = (await answer.text()).replace(/^# /, '').split('\n')
    const names = head.split(',')
    const row = rows.map((text) => text.split(',')).find((cells) => cells[0] === 'app' && cells[1] === server)
    return Object.fromEntries(names.map((name, index) => [name, row?.[index] ?? '']))
  }
  const is = async (server: string, status: 'UP' | 'DOWN'): Promise<void> => {
    const seen = async () => (await counters(server)).status?.split(' ')[0] === status
    await until(`${server} to be ${status}`, () => seen().catch(() => false), 60_000)
  }
  void running.exit.then(({ code }) => code && t.comment(`HAProxy: ${running.output()}`))
  return { port, counters, is }
}
