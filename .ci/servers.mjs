// The real servers that some tests start. Installed where that is possible (Debian, root), else their tests skip.
import { spawnSync } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Command to look for, and the Debian package that brings it. */
const servers = {
  'redis-server': 'redis-server',
  postgres: 'postgresql',
  prometheus: 'prometheus',
  promtool: 'prometheus',
  buildah: 'buildah',
  podman: 'podman',
  runc: 'runc',
  catatonit: 'catatonit',
  chromium: 'chromium',
  openssl: 'openssl',
  'systemd-analyze': 'systemd',
  haproxy: 'haproxy',
  nginx: 'nginx-light',
  tini: 'tini',
  'dumb-init': 'dumb-init',
  wrk: 'wrk',
  kcat: 'kcat'
}

const folders = () => [
  ...(process.env.PATH ?? '').split(delimiter),
  ...globSync('/usr/lib/postgresql/*/bin'),
  '/usr/sbin',
  '/usr/libexec/podman'
]

const found = (command) => folders().some((folder) => existsSync(join(folder, command)))

export function installServers() {
  const missing = [
    ...new Set(
      Object.keys(servers)
        .filter((command) => !found(command))
        .map((c) => servers[c])
    )
  ]
  if (missing.length === 0 || process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return

  console.log(`# installing ${missing.join(', ')} for the tests that use them`)
  const apt = (...args) =>
    spawnSync('apt-get', ['-qq', '-y', ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'ignore', 'inherit']
    })
  apt('update')
  apt('install', '--no-install-recommends', ...missing)
}
