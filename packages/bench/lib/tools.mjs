// The tools of the benchmark besides Node: qemu-user, a C compiler, Redis, the peers, the built packages.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, globSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const bench = join(import.meta.dirname, '..')
const root = join(bench, '..', '..')

/** Command, and the Debian package that brings it. */
const commands = {
  [process.arch === 'arm64' ? 'qemu-aarch64' : 'qemu-x86_64']: 'qemu-user',
  cc: 'gcc',
  taskset: 'util-linux',
  'redis-server': 'redis-server'
}

const folders = () => [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
export const has = (command) => folders().some((folder) => existsSync(join(folder, command)))

/**
 * Installs what is missing where that is possible (Debian, as root).
 *
 * @returns {string[]} What is missing still; it says on stderr what goes without it, and what to install.
 */
export function ensureCommands() {
  const missing = () => Object.keys(commands).filter((command) => !has(command))
  const packages = () => [...new Set(missing().map((command) => commands[command]))]
  if (missing().length === 0) return []
  if (process.platform === 'linux' && process.getuid?.() === 0 && has('apt-get')) {
    console.error(`installing ${packages().join(', ')}`)
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore' })
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages()], {
      stdio: 'inherit',
      env
    })
  }
  const still = missing()
  if (still.length > 0) {
    console.error(`going without ${still.join(', ')}; on Debian: apt-get install ${packages().join(' ')}`)
  }
  return still
}

/** Installs the peers from their lock file, unless they are in place. */
export function ensurePeers() {
  const cwd = join(bench, 'peers')
  const installed = join(cwd, 'node_modules', '.modules.yaml')
  const lock = join(cwd, 'pnpm-lock.yaml')
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return
  const pnpm = join(root, 'node_modules', 'pnpm', 'bin', 'pnpm.mjs')
  const flags = ['install', '--ignore-workspace', '--frozen-lockfile', '--ignore-scripts', '--silent']
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const [command, args] = existsSync(pnpm)
    ? [process.execPath, [pnpm, ...flags]]
    : ['npx', ['-y', '--prefer-offline', packageManager, ...flags]]
  console.error('installing the peers')
  if (spawnSync(command, args, { cwd, stdio: 'inherit' }).status !== 0) {
    throw new Error('bench: the peers could not be installed')
  }
}

/** Builds the packages whose sources are newer than what was built. */
export function ensureBuilt() {
  const packages = [
    'observability',
    'errors',
    'shutdown',
    'health',
    'resilience',
    'security',
    'auth',
    'preset'
  ]
  const newest = (pattern) =>
    Math.max(0, ...globSync(pattern, { cwd: root }).map((file) => statSync(join(root, file)).mtimeMs))
  const shared = newest('packages/{contract,internal}/src/**/*.ts')
  const stale = packages.filter((name) => {
    const built = newest(`packages/${name}/dist/index.cjs`)
    return built < Math.max(shared, newest(`packages/${name}/src/**/*.ts`))
  })
  if (stale.length === 0) return
  console.error(`building ${stale.join(', ')}`)
  const { status } = spawnSync(process.execPath, ['.ci/build.mjs', ...stale], { cwd: root, stdio: 'inherit' })
  if (status !== 0) throw new Error('bench: the build failed')
}
