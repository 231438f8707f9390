import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { freePort } from './free-port.ts'
import { startNode } from './process.ts'
import { temporaryFolder } from './temporary-folder.ts'
import type { Test } from 'tap'

const require = createRequire(import.meta.url)

/** A registry of the test's own: packages published there stay there, all others come from npm's. */
export interface Registry {
  url: string
  /** The environment for npm and pnpm: this registry, caches of the tests, and no user's settings. */
  env: NodeJS.ProcessEnv
  stop(): Promise<void>
}

/**
 * Starts a registry. What it has is in the folder `shared`, which others may use at the same time: packages, those that
 * came from npm's registry too, and the caches of package managers, which tell packages by what is in them.
 */
export async function startRegistry(t: Test, shared: string): Promise<Registry> {
  const folder = temporaryFolder(t, 'registry')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/`
  const upstream = spawnSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).stdout.trim()
  const settings = {
    storage: join(shared, 'storage'),
    uplinks: { npm: { url: upstream, maxage: '1d', timeout: '60s', max_fails: 10 } },
    packages: {
      '@seaworthy/*': { access: '$all', publish: '$all' },
      'fastify-seaworthy': { access: '$all', publish: '$all' },
      'create-fastify-seaworthy': { access: '$all', publish: '$all' },
      '**': { access: '$all', proxy: 'npm' }
    },
    publish: { allow_offline: true },
    max_body_size: '50mb',
    log: { type: 'stdout', format: 'json', level: 'warn' }
  }
  writeFileSync(join(folder, 'config.json'), JSON.stringify(settings))
  const home = join(folder, 'home')
  mkdirSync(home)
  writeFileSync(join(home, '.npmrc'), `registry=${url}\n//127.0.0.1:${port}/:_authToken=anonymous\n`)

  const manifest = require.resolve('verdaccio/package.json')
  const server = startNode(t, join(dirname(manifest), 'bin/verdaccio'), {
    args: ['--config', join(folder, 'config.json'), '--listen', `127.0.0.1:${port}`],
    cwd: folder
  })
  await server.waitFor(/http address|warn.*listening|address/i, 60_000).catch(() => undefined)
  return {
    url,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: home,
      npm_config_userconfig: join(home, '.npmrc'),
      npm_config_cache: join(shared, 'cache'),
      npm_config_registry: url,
      npm_config_store_dir: join(shared, 'store'),
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_update_notifier: 'false',
      CI: 'true'
    },
    async stop() {
      server.kill()
      await server.exit
    }
  }
}
