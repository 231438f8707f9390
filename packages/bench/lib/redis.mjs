// A Redis of the benchmark's own, on a free port of loopback, without persistence.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { accepts, freePort } from './ports.mjs'

export async function startRedis() {
  const port = await freePort()
  const args = [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    tmpdir()
  ]
  const server = spawn('redis-server', args, { stdio: 'ignore' })
  // The benchmark may be stopped at any moment.
  process.once('exit', () => server.kill('SIGKILL'))
  for (let tries = 0; !(await accepts(port)); tries++) {
    if (tries === 200) throw new Error('redis-server did not start')
    await pause(50)
  }
  return {
    env: { BENCH_REDIS: `redis://127.0.0.1:${port}` },
    async stop() {
      server.kill('SIGKILL')
      await once(server, 'close')
    }
  }
}
