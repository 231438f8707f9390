import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { commandPath, run, temporaryFolder } from '@seaworthy/testing'
import type { Test } from 'tap'

/** buildah and podman with a storage of the test's own. */
export interface Containers {
  buildah(...args: string[]): string
  /** The words that go before podman's own, for a process that the test keeps. */
  readonly podmanArgs: readonly string[]
  podman(...args: string[]): string
}

export function containers(t: Test): Containers {
  const folder = temporaryFolder(t, 'containers')
  const storage = [
    '--root',
    join(folder, 'root'),
    '--runroot',
    join(folder, 'run'),
    '--storage-driver',
    'vfs'
  ]
  const podmanArgs = [
    ...storage,
    '--runtime',
    commandPath('runc') ?? 'runc',
    '--cgroup-manager',
    'cgroupfs',
    '--events-backend',
    'none'
  ]
  t.teardown(() =>
    spawnSync('podman', [...podmanArgs, 'rm', '--all', '--force', '--time', '1'], { stdio: 'ignore' })
  )
  return {
    podmanArgs,
    buildah: (...args) => run('buildah', [...storage, ...args]),
    podman: (...args) => run('podman', [...podmanArgs, ...args])
  }
}

export const baseImage = 'docker.io/library/node:24.21.0-bookworm-slim'

/** What the Dockerfile starts from, made of this machine's own files: Node, npm, a shell, and what they are linked to. */
export function makeBaseImage(t: Test, { buildah }: Containers): void {
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
