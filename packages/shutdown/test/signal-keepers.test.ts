// Programs between the first process of a container and the service may keep its signals.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandPath, temporaryFolder } from '@seaworthy/testing'
import t, { type Test } from 'tap'
import { launch, line, type Launcher, type Service } from './support/service.ts'

/** A program sees its own processes only, and is the first of them, as in a container. */
const container = [
  'unshare',
  ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']),
  '--pid',
  '--fork',
  '--mount-proc',
  '--kill-child'
]
const [command = '', ...args] = container
const skip = spawnSync(command, [...args, 'true']).status === 0 ? false : 'needs unshare of util-linux'

const quoted = (command: readonly string[]): string => command.map((word) => `'${word}'`).join(' ')

/** A script of a package, which npm starts. */
const npm =
  (t: Test, prefix = ''): Launcher =>
  (command) => {
    const folder = temporaryFolder(t, 'npm')
    const scripts = { start: `${prefix}${quoted(command)}` }
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'app', scripts }))
    return ['npm', '--prefix', folder, 'start']
  }

/** The names in the service's warning, after all that it has written. */
async function keepersOf(service: Service): Promise<unknown> {
  // Once it answers, its start is over.
  await (await fetch(`http://127.0.0.1:${service.port}/`)).text()
  process.kill(-service.pid, 'SIGKILL')
  await service.exit
  return line(service, /^shutdown: SIGTERM will not arrive/)?.keepers ?? []
}

const launchers: readonly [name: string, launcher: (t: Test) => Launcher, names: readonly string[]][] = [
  ['npm', (t) => npm(t), ['npm start', 'sh']],
  ['tini and npm', (t) => (command) => ['tini', '-s', '--', ...npm(t)(command)], ['tini', 'npm start', 'sh']],
  ['a shell as the first process', () => (command) => ['sh', '-c', `${quoted(command)}; true`], ['sh']],
  ['npm with exec in the script', (t) => npm(t, 'exec '), []],
  ['tini -g and npm', (t) => (command) => ['tini', '-s', '-g', '--', ...npm(t)(command)], []],
  ['dumb-init and npm', (t) => (command) => ['dumb-init', ...npm(t)(command)], []],
  ['node itself', () => (command) => command, []]
]

for (const [name, launcher, names] of launchers) {
  const what = names.length > 0 ? 'a warning says that SIGTERM will not arrive' : 'there is no warning'
  const [init = ''] = /^(?:tini|dumb-init)/.exec(name) ?? []
  const missing = init && commandPath(init) === undefined ? `needs ${init}` : skip
  t.test(`in a container, behind ${name}, ${what}`, { skip: missing }, async (t) => {
    const service = await launch(t, (command) => [...container, ...launcher(t)(command)])
    t.strictSame(await keepersOf(service), names)
  })
}

t.test('outside of a container a shell in front is not reported', async (t) => {
  const service = await launch(t, npm(t))
  t.strictSame(await keepersOf(service), [])
})
