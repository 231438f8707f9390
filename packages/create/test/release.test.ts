// New services from the released packages, as users make them: by `npm create`, installed, tested, started.
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Redis } from 'ioredis'
import {
  freePort,
  releaseLocally,
  requires,
  root,
  run,
  start,
  startPostgres,
  startRedis,
  temporaryFolder,
  type Registry
} from '@seaworthy/testing'
import t, { type Test } from 'tap'
import { bun, installTools, yarnClassic } from '../../consumers/test/tools.ts'
import { combinations } from './combinations.ts'

type Variables = Record<string, string>

/** The variables of a terminal: without those of this test runner, and with this Node. */
function terminal({ env }: Registry): NodeJS.ProcessEnv {
  const inherited = Object.entries(env).filter(
    ([name]) => !/^_?TAP|^NODE_OPTIONS$|^npm_config_user_agent$/.test(name)
  )
  return { ...Object.fromEntries(inherited), PATH: `${dirname(process.execPath)}:${env.PATH}` }
}

/** Starts a service, calls it as its README shows, and stops it. */
async function serves(t: Test, folder: string, script: string, variables: NodeJS.ProcessEnv): Promise<void> {
  const port = await freePort()
  const env = { ...variables, PORT: `${port}` }
  const service = start(t, process.execPath, ['--env-file=.env', `src/server.${script}`], {
    cwd: folder,
    env
  })
  await service.waitFor(/Server listening at/)
  const token = run(process.execPath, ['--env-file=.env', `scripts/token.${script}`, 'ada'], {
    cwd: folder,
    env
  })
  const url = `http://127.0.0.1:${port}`
  const headers = { authorization: `Bearer ${token.trim()}`, 'content-type': 'application/json' }
  const added = await fetch(`${url}/notes`, { method: 'POST', headers, body: '{"text":"buy bread"}' })
  t.equal(added.status, 201)
  const { id } = (await added.json()) as { id: string }
  t.match(await (await fetch(`${url}/notes/${id}`, { headers })).json(), { author: 'ada', text: 'buy bread' })
  t.equal((await fetch(`${url}/notes/${id}`)).status, 401)
  t.equal((await fetch(`${url}/health/ready`)).status, 200)
  service.kill('SIGTERM')
  t.match(await service.exit, { code: 0 })
}

// On a busy machine; on a quiet one it is a fraction.
t.setTimeout(1_200_000)

requires(['redis-server', 'initdb'], 'new services from the released packages', async (t) => {
  const registry = await releaseLocally(t)
  const env = terminal(registry)
  const folder = temporaryFolder(t, 'new')
  const npm = (cwd: string, more: Variables, ...args: string[]) =>
    run('npm', args, { cwd, env: { ...env, ...more }, timeout: 600_000 })

  const orders = join(folder, 'orders')
  await t.test('TypeScript, PostgreSQL and Redis: one command, and everything works', async (t) => {
    const args = ['--typescript', '--postgres', '--redis']
    const printed = npm(folder, {}, 'create', 'fastify-seaworthy', 'orders', '--', ...args)
    t.match(
      printed,
      /orders is there: TypeScript, PostgreSQL, Redis\. Next:\n\n {2}cd orders\n {2}npm run dev/
    )
    t.notMatch(printed, /^Note/m)

    const manifest = JSON.parse(readFileSync(join(orders, 'package.json'), 'utf8')) as Record<string, object>
    t.match(manifest.dependencies, { 'fastify-seaworthy': /^\^1\.\d+\.\d+$/, fastify: /^\^5\.\d+\.\d+$/ })
    t.notMatch(JSON.stringify(manifest), /workspace:/)

    npm(orders, {}, 'run', 'typecheck')
    npm(orders, {}, 'test')
    const [postgres, redis] = await Promise.all([startPostgres(t), startRedis(t)])
    const services = {
      DB_HOST: postgres.host,
      DB_PORT: `${postgres.port}`,
      REDIS_URL: `redis://${redis.host}:${redis.port}`
    }
    npm(orders, services, 'test')
    await serves(t, orders, 'ts', { ...env, ...services })

    const client = new Redis(redis.port, redis.host)
    t.teardown(() => client.disconnect())
    t.ok((await client.keys('*orders*')).length > 0, 'Redis has keys of this service')

    const production = { NODE_ENV: 'production', JWT_SECRET: 'kq3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJ' }
    const alone = start(t, process.execPath, ['src/server.ts'], {
      cwd: orders,
      env: { ...env, ...production }
    })
    t.match(await alone.exit, { code: 1 })
    t.match(alone.output(), /DB_HOST is not set/)
  })

  await t.test('JavaScript alone: one command, and everything works', async (t) => {
    npm(folder, {}, 'create', 'fastify-seaworthy', 'plain', '--', '--javascript')
    const plain = join(folder, 'plain')
    npm(plain, {}, 'test')
    await serves(t, plain, 'js', env)
    const doctor = start(t, 'npm', ['run', 'doctor'], { cwd: plain, env })
    t.match(await doctor.exit, { code: 1 })
    t.match(
      doctor.output(),
      /one thing must change\n.*kubernetes.*2 replicas.*\n.*REDIS_URL/,
      'it has no Redis'
    )
    t.match(npm(plain, {}, 'run', 'matrix'), /\/notes\/:id/)
    const unset = start(t, process.execPath, ['src/server.js'], { cwd: plain, env })
    t.match(await unset.exit, { code: 1 })
    t.match(unset.output(), /JWT_SECRET/, 'a missing secret is named')
  })

  await installTools()
  const { execPath } = process
  const home = env.HOME ?? folder
  for (const [manager, command, variables] of [
    ['pnpm', [execPath, join(root, 'node_modules/pnpm/bin/pnpm.mjs'), '--config.minimumReleaseAge=0'], {}],
    ['yarn', [execPath, yarnClassic, '--silent'], { YARN_REGISTRY: registry.url }],
    ['bun', [bun ?? 'bun'], { BUN_CONFIG_REGISTRY: registry.url, BUN_INSTALL_CACHE_DIR: join(home, 'bun') }]
  ] as const) {
    const skip = manager === 'bun' && bun === undefined && 'needs bun'
    await t.test(`${manager} create: the service uses ${manager}`, { skip }, async (t) => {
      const [program, ...args] = [
        ...command,
        'create',
        'fastify-seaworthy',
        `by-${manager}`,
        '--redis',
        '--no-install'
      ]
      const printed = run(program, args, { cwd: folder, env: { ...env, ...variables }, timeout: 300_000 })
      t.match(printed, new RegExp(`^ {2}${manager} install\\n {2}${manager} run dev`, 'm'))
      const text = readFileSync(join(folder, `by-${manager}`, 'package.json'), 'utf8')
      t.match(JSON.parse(text), {
        packageManager: new RegExp(`^${manager}@\\d`),
        dependencies: { ioredis: String }
      })
    })
  }

  // The first service has every dependency: the others are in its folder, and are not installed again.
  const others = join(orders, 'others')
  mkdirSync(others)
  const create = join(folder, 'create')
  mkdirSync(create)
  npm(create, {}, 'install', '--no-save', 'create-fastify-seaworthy')
  const cli = join(create, 'node_modules/create-fastify-seaworthy/dist/cli.js')
  for (const { name, args, language } of combinations) {
    await t.test(`${name}: types and tests`, async (t) => {
      run(process.execPath, [cli, name, '--no-install', ...args], { cwd: others, env })
      const cwd = join(others, name)
      if (language === 'typescript') run(join(orders, 'node_modules/.bin/tsc'), [], { cwd, env })
      const ext = language === 'typescript' ? 'ts' : 'js'
      t.match(
        run(process.execPath, ['--test', `test/**/*.test.${ext}`], { cwd, env }),
        /^# fail 0$|ℹ fail 0/m
      )
    })
  }
})
