import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, globSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  commandPath,
  releaseLocally,
  requires,
  run,
  start,
  temporaryFolder,
  type Registry,
  type RunningProcess
} from '@seaworthy/testing'
import tap, { type Test } from 'tap'

/** buildah and podman with a storage, settings and caches of the test's own. */
export interface Containers {
  buildah(...args: string[]): string
  podman(...args: string[]): string
  /** A podman that the test ends. */
  start(t: Test, ...args: string[]): RunningProcess
  /** Builds a folder's Dockerfile, and gives back what was printed. */
  build(folder: string, tag: string, npmrc: string, more?: readonly string[]): string
}

// A sandbox may not raise its limits, which podman would by default.
const settings = `[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
`

function containers(t: Test): Containers {
  const folder = temporaryFolder(t, 'podman')
  const conf = join(folder, 'containers.conf')
  writeFileSync(conf, settings)
  mkdirSync(join(folder, 'tmp'))
  const { NODE_OPTIONS: _, ...inherited } = process.env
  // Buildah keeps what `--mount=type=cache` holds in the folder for temporary files.
  const env = { ...inherited, CONTAINERS_CONF: conf, TMPDIR: join(folder, 'tmp') }
  const at = (driver: string) => [
    '--root',
    join(folder, driver),
    '--runroot',
    join(folder, 'run'),
    '--storage-driver',
    driver
  ]
  const storage = at(mounts(at('overlay'), env) ? 'overlay' : 'vfs')
  const podmanArgs = [...storage, '--tmpdir', join(folder, 'libpod')]
  t.teardown(() => {
    for (const kind of ['pod', 'container']) {
      const all = [kind, 'rm', '--all', '--force', ...(kind === 'container' ? ['--time', '1'] : [])]
      spawnSync('podman', [...podmanArgs, ...all], { env, stdio: 'ignore' })
    }
    spawnSync('buildah', [...storage, 'rm', '--all'], { env, stdio: 'ignore' })
  })
  const buildah: Containers['buildah'] = (...args) => run('buildah', [...storage, ...args], { env })
  return {
    buildah,
    podman: (...args) => run('podman', [...podmanArgs, ...args], { env }),
    start: (t, ...args) => start(t, 'podman', [...podmanArgs, ...args], { env }),
    build(folder, tag, npmrc, more = []) {
      const how = ['--isolation', 'chroot', '--network', 'host', '--pull-never', '--layers']
      const secret = ['--secret', `id=npmrc,src=${npmrc}`]
      return buildah('bud', ...how, '--format', 'docker', ...secret, ...more, '--tag', tag, folder)
    }
  }
}

/** Whether a storage can be mounted: overlay is ten times as fast, and not allowed everywhere. */
function mounts(storage: readonly string[], env: NodeJS.ProcessEnv): boolean {
  const buildah = (...args: string[]) =>
    spawnSync('buildah', [...storage, ...args], { env, encoding: 'utf8' })
  const { status, stdout } = buildah('from', 'scratch')
  if (status !== 0) return false
  const mounted = buildah('mount', stdout.trim()).status === 0
  buildah('rm', stdout.trim())
  return mounted
}

export const baseImage = 'docker.io/library/node:24.21.0-bookworm-slim'

/** The base image of the Dockerfile, made of this machine's own files: Node, npm, a shell, and their libraries. */
function makeBaseImage(t: Test, { buildah }: Containers): void {
  const tree = join(temporaryFolder(t, 'base'), 'tree')
  const put = (source: string, target: string) => {
    mkdirSync(dirname(join(tree, target)), { recursive: true })
    cpSync(realpathSync(source), join(tree, target), { recursive: true })
  }
  const binaries = {
    [process.execPath]: 'usr/local/bin/node',
    '/bin/sh': 'bin/sh',
    '/usr/bin/env': 'usr/bin/env'
  }
  for (const [source, target] of Object.entries(binaries)) {
    put(source, target)
    for (const [, library] of run('ldd', [source]).matchAll(/(\/\S+) \(0x/g)) put(library!, library!.slice(1))
  }
  const libc = run('ldd', [process.execPath]).match(/(\/\S+)\/libc\.so\.6 \(0x/)![1]!
  for (const file of globSync(join(libc, 'lib{rt,pthread,dl,m,resolv,nss_*,gcc_s,stdc++}.so.*')))
    put(file, file.slice(1))
  put(join(realpathSync(commandPath('npm') ?? ''), '../..'), 'usr/local/lib/node_modules/npm')
  put('/etc/ssl/certs/ca-certificates.crt', 'etc/ssl/certs/ca-certificates.crt')
  for (const command of ['npm', 'npx']) {
    const script = join(tree, 'usr/local/bin', command)
    writeFileSync(script, `#!/bin/sh\nexec node /usr/local/lib/node_modules/npm/bin/${command}-cli.js "$@"\n`)
    chmodSync(script, 0o755)
  }
  writeFileSync(join(tree, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n')
  writeFileSync(join(tree, 'etc/hosts'), '127.0.0.1 localhost\n')
  for (const folder of ['tmp', 'root', 'home/node', 'proc', 'sys', 'dev', 'run'])
    mkdirSync(join(tree, folder), { recursive: true })
  chmodSync(join(tree, 'tmp'), 0o1777)

  const working = buildah('from', 'scratch').trim()
  buildah('copy', '--quiet', working, tree, '/')
  buildah('config', '--env', 'PATH=/usr/local/bin:/usr/bin:/bin', working)
  buildah('commit', '--quiet', '--format', 'docker', working, baseImage)
  buildah('rm', working)
}

/**
 * A test in containers that have the base image, with all packages in a registry. Without a right to run any, it ends as
 * skipped.
 */
export function testInContainers(
  name: string,
  test: (t: Test, tools: Containers, registry: Registry) => Promise<void>,
  { commands = [], timeout = 900_000 }: { commands?: readonly string[]; timeout?: number } = {}
): void {
  // On a busy machine; on a quiet one it is a fraction.
  tap.setTimeout(timeout)
  requires(['buildah', 'podman', 'runc', ...commands], name, async (t) => {
    const tools = containersWithBase(t)
    if (tools !== undefined) await test(t, tools, await releaseLocally(t))
  })
}

function containersWithBase(t: Test): Containers | undefined {
  const tools = containers(t)
  try {
    makeBaseImage(t, tools)
    tools.podman('run', '--rm', '--network', 'host', baseImage, 'node', '--version')
    return tools
  } catch (error) {
    t.plan(0, `containers can't run here: ${(error as Error).message}`)
    return undefined
  }
}
