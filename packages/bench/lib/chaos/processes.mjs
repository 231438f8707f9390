// The processes that the chaos kills, freezes and slows, each with all that it has started.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { accepts, freePort } from '../ports.mjs'

/** The process and all below it: PostgreSQL has one for each connection. */
function family(pid) {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
    return [pid, ...children.flatMap((child) => family(Number(child)))]
  } catch {
    return []
  }
}

export function signalFamily(pid, signal) {
  for (const each of family(pid)) {
    try {
      process.kill(each, signal)
    } catch {
      // It has ended.
    }
  }
}

/** A server that can be killed and started again on its port. */
async function restartable(port, launch) {
  let running
  const start = async () => {
    for (let tries = 0; tries < 100; tries++) {
      running = launch()
      const ended = once(running, 'close').then(() => true)
      for (;;) {
        if (await accepts(port)) return
        if (await Promise.race([ended, pause(50, false)])) break
      }
    }
    throw new Error(`nothing listens on ${port}`)
  }
  process.once('exit', () => signalFamily(running.pid, 'SIGKILL'))
  await start()
  return {
    port,
    get pid() {
      return running.pid
    },
    start,
    async kill() {
      const ended = running.exitCode === null ? once(running, 'close') : undefined
      signalFamily(running.pid, 'SIGKILL')
      await ended
    }
  }
}

export async function startRedis() {
  const port = await freePort()
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  return restartable(port, () => spawn('redis-server', [...args, '--dir', tmpdir()], { stdio: 'ignore' }))
}

export async function startUpstream() {
  const port = await freePort()
  const script = `require('node:http').createServer((_, r) => r.end('well')).listen(${port}, '127.0.0.1')`
  return restartable(port, () => spawn(process.execPath, ['-e', script], { stdio: 'ignore' }))
}

/** PostgreSQL refuses to run as root: as root it runs as the user that its package has made. */
const asUser = (command, args) =>
  process.getuid() === 0
    ? ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', command, ...args]]
    : [command, args]

export async function startPostgres() {
  const port = await freePort()
  const bin = globSync('/usr/lib/postgresql/*/bin').at(-1)
  if (bin === undefined) throw new Error('postgres is missing; on Debian: apt-get install postgresql')
  const folder = mkdtempSync(join(tmpdir(), 'chaos-postgres-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  chmodSync(folder, 0o777)
  const data = join(folder, 'data')
  const made = spawnSync(
    ...asUser(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync'])
  )
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)
  const settings = ['-D', data, '-p', `${port}`, '-h', '127.0.0.1', '-k', folder, '-F']
  const [command, args] = asUser(join(bin, 'postgres'), settings)
  return restartable(port, () => spawn(command, args, { stdio: 'ignore', cwd: folder }))
}
