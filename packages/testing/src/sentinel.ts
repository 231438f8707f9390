import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Test } from 'tap'
import { freePort } from './free-port.ts'
import { start } from './process.ts'
import { commandPath } from './requires.ts'
import { startRedis, type RealServer } from './servers.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { until } from './until.ts'

/** Redis behind a sentinel, which calls it `main` and fails over to the replica. */
export interface SentinelServers {
  readonly master: RealServer
  readonly replica: RealServer
  /** The sentinel's port. */
  readonly port: number
}

/** Starts a master, its replica and a sentinel, and waits until they know each other. */
export async function startSentinel(t: Test): Promise<SentinelServers> {
  const master = await startRedis(t)
  const replica = await startRedis(t, ['--replicaof', '127.0.0.1', `${master.port}`])
  await until('the replica', async () =>
    (await reply(replica.port, 'INFO replication')).includes('master_link_status:up')
  )
  const port = await freePort()
  const file = join(temporaryFolder(t, 'sentinel'), 'sentinel.conf')
  const settings = [
    `port ${port}`,
    `sentinel monitor main 127.0.0.1 ${master.port} 1`,
    'sentinel down-after-milliseconds main 500',
    'sentinel failover-timeout main 5000'
  ]
  writeFileSync(file, settings.join('\n'))
  start(t, commandPath('redis-server') ?? 'redis-server', [file, '--sentinel'])
  await until('the sentinel to know the replica', async () =>
    /^\*[1-9]/.test(await reply(port, 'SENTINEL REPLICAS main'))
  )
  return { master, replica, port }
}

/** The reply to a command, as Redis writes it. Empty while nothing listens. A sentinel has no QUIT. */
const reply = (port: number, command: string): Promise<string> =>
  new Promise((resolve) => {
    let text = ''
    const socket = connect(port, '127.0.0.1')
    socket.setEncoding('utf8').on('data', (data: string) => {
      text += data
      socket.end()
    })
    socket.on('error', () => undefined).on('close', () => resolve(text))
    socket.write(`${command}\r\n`)
  })
