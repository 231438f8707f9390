// Real programs between a supervisor and the service: they pass signals on, some twice, and take the exit code.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandPath, temporaryFolder } from '@seaworthy/testing'
import t, { type Test } from 'tap'
import { startClients } from './support/clients.ts'
import { rollingRestart } from './support/rolling-restart.ts'
import { launch, line, type Launcher, type Service } from './support/service.ts'

const crossEnv = join(import.meta.dirname, '../node_modules/cross-env/dist/bin/cross-env.js')

/** The command as the script `start` of a package. */
const npm =
  (t: Test, ...prefix: string[]): Launcher =>
  (command) => {
    const folder = temporaryFolder(t, 'npm')
    const start = [...prefix, ...command].map((word) => `'${word}'`).join(' ')
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'app', scripts: { start } }))
    return ['npm', '--prefix', folder, 'start']
  }

/** `docker stop` signals the first process alone. */
const toFirst = (old: Service) => old.kill('SIGTERM')
/** A terminal's Ctrl-C, or systemd's `KillMode=control-group`: all processes get it, and some pass it on too. */
const toAll = (signal: NodeJS.Signals) => (old: Service) => void process.kill(-old.pid, signal)

const launchers: readonly [
  name: string,
  command: string,
  (t: Test) => Launcher,
  stop: (old: Service) => void
][] = [
  ['tini', 'tini', () => (command) => ['tini', '-s', '--', ...command], toFirst],
  ['tini -g', 'tini', () => (command) => ['tini', '-s', '-g', '--', ...command], toFirst],
  [
    'tini -g in front of npm',
    'tini',
    (t) => (command) => ['tini', '-s', '-g', '--', ...npm(t)(command)],
    toFirst
  ],
  ['dumb-init', 'dumb-init', () => (command) => ['dumb-init', ...command], toFirst],
  [
    'dumb-init in front of npm and cross-env',
    'dumb-init',
    (t) => (command) => ['dumb-init', ...npm(t, process.execPath, crossEnv, 'A=1')(command)],
    toFirst
  ],
  ['npm, all of whose group gets SIGTERM', 'npm', (t) => npm(t), toAll('SIGTERM')],
  ['npm, in a terminal', 'npm', (t) => npm(t), toAll('SIGINT')],
  [
    'cross-env, all of whose group gets SIGTERM',
    'npm',
    () => (command) => [process.execPath, crossEnv, 'A=1', ...command],
    toAll('SIGTERM')
  ]
]

for (const [name, command, launcher, stop] of launchers) {
  const skip = commandPath(command) === undefined ? `needs ${command}` : false
  t.test(`behind ${name} one shutdown loses no request`, { skip }, async (t) => {
    const old = await rollingRestart(t, (route) => startClients(route, { connections: 20 }), 300, {
      boot: (options, env) => launch(t, launcher(t), options, env),
      isExitCodeOurs: !/npm/.test(name),
      stop
    })
    t.match(line(old, /shutdown: done/), { code: 0 })
    t.equal(old.output().match(/shutdown: draining/g)?.length, 1)
  })
}
