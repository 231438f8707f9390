import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandPath, freePort, start, temporaryFolder, until } from '@seaworthy/testing'
import type { Test } from 'tap'

/** How nginx connects to the instances. Without `keepalive` it opens a connection for each request, as by default. */
export interface NginxOptions {
  keepalive: boolean
}

/**
 * A real nginx: it checks no readiness, and learns that an instance is gone when it is refused. With kept connections
 * nothing is repeated that may have arrived. With a connection for each request, one that the system has accepted at that
 * moment and the instance has not is reset: there nginx may repeat POST requests too.
 */
export async function nginx(
  t: Test,
  ports: readonly number[],
  { keepalive }: NginxOptions
): Promise<{ port: number }> {
  const port = await freePort()
  const folder = temporaryFolder(t, 'nginx')
  const file = join(folder, 'nginx.conf')
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const kept = keepalive ? 'proxy_http_version 1.1; proxy_set_header Connection "";' : ''
  const repeated = keepalive ? 'error timeout' : 'error timeout non_idempotent'
  writeFileSync(
    file,
    `
daemon off;
master_process off;
pid ${join(folder, 'nginx.pid')};
error_log stderr error;
events { worker_connections 1024; }
http {
  access_log off;
  ${paths.map((name) => `${name}_temp_path ${join(folder, name)};`).join(' ')}
  upstream app {
    ${ports.map((at) => `server 127.0.0.1:${at};`).join(' ')}
    ${keepalive ? 'keepalive 32;' : ''}
  }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://app; proxy_next_upstream ${repeated}; ${kept} }
  }
}
`
  )
  const running = start(t, commandPath('nginx') ?? 'nginx', ['-p', folder, '-c', file])
  t.teardown(() => t.passing() || t.comment(`nginx: ${running.output().slice(-3000)}`))
  const url = `http://127.0.0.1:${port}/`
  await until('nginx to serve', () =>
    fetch(url).then(
      ({ status }) => status === 200,
      () => false
    )
  )
  return { port }
}
