import { existsSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { requires, start, startNode, temporaryFolder } from '@seaworthy/testing'
import t, { type Test } from 'tap'
import { combinations } from './combinations.ts'

const cli = join(import.meta.dirname, '../src/cli.ts')

interface Result {
  code: number | null
  output: string
}

/** Runs the command in a folder, without a terminal. */
async function create(t: Test, cwd: string, ...args: string[]): Promise<Result> {
  const running = startNode(t, cli, { args, cwd, env: { npm_config_user_agent: 'npm/11.6.2 node/v24.21.0' } })
  const { code } = await running.exit
  return { code, output: running.output() }
}

const read = (...path: string[]) => readFileSync(join(...path), 'utf8')
const manifestOf = (folder: string) => JSON.parse(read(folder, 'package.json')) as Record<string, any>

t.setTimeout(300_000)

for (const { name, args, language, postgres, redis } of combinations) {
  t.test(`makes a service: ${name}`, async (t) => {
    const folder = temporaryFolder(t)
    const { code, output } = await create(t, folder, 'Order Service', '--no-install', ...args)
    t.equal(code, 0, output)
    const service = join(folder, 'Order Service')
    const ext = language === 'typescript' ? 'ts' : 'js'
    const manifest = manifestOf(service)
    t.match(manifest, { name: 'order-service', private: true, type: 'module' })
    t.strictSame('pg' in manifest.dependencies, postgres)
    t.strictSame('ioredis' in manifest.dependencies, redis)
    t.equal(existsSync(join(service, 'tsconfig.json')), language === 'typescript')

    const files = globSync('{src,test,scripts}/**/*.*', { cwd: service })
    t.strictSame(
      files.filter((file) => !file.endsWith(`.${ext}`)),
      [],
      'one language'
    )
    t.equal(files.includes(join('src', `database.${ext}`)), postgres)

    for (const path of [
      '.dockerignore',
      '.env.production.example',
      'README.md',
      'ecosystem.config.cjs',
      'kubernetes/base/deployment.yaml',
      'systemd/order-service.service'
    ])
      t.ok(existsSync(join(service, path)), path)
    t.match(read(service, 'Dockerfile'), new RegExp(`^CMD .*"src/server\\.${ext}"\\]$`, 'm'))
    const compose = read(service, 'compose.yaml')
    t.equal(/^ {2}postgres:$/m.test(compose), postgres)
    t.equal(/^ {2}redis:$/m.test(compose), redis)
    t.equal(/^# DB_HOST=/m.test(read(service, '.env.production.example')), postgres)
    t.match(output, /cd "Order Service"\n {2}npm install\n {2}npm run dev/)
  })
}

t.test('the secret of a new service is random, and neither in git nor in an image', async (t) => {
  const folder = temporaryFolder(t)
  for (const name of ['a', 'b']) await create(t, folder, name, '--no-install')
  const secrets = ['a', 'b'].map((name) => /^JWT_SECRET=(.+)$/m.exec(read(folder, name, '.env'))![1]!)
  t.equal(Buffer.from(secrets[0]!, 'base64').length, 48)
  t.not(secrets[0], secrets[1])
  t.equal(statSync(join(folder, 'a/.env')).mode & 0o077, 0, 'only its owner reads it')
  t.match(read(folder, 'a/.gitignore'), /^\.env$/m)
  t.match(read(folder, 'a/.dockerignore'), /^\*\*\/\.env$/m)
  const others = globSync('a/**/{*,.*}', { cwd: folder })
    .filter((path) => !path.endsWith('.env') && statSync(join(folder, path)).isFile())
    .filter((path) => read(folder, path).includes(secrets[0]!))
  t.strictSame(others, [])
})

t.test('a folder with files is left as it is, an empty one is used', async (t) => {
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, 'taken'))
  writeFileSync(join(folder, 'taken/mine.txt'), 'mine')
  writeFileSync(join(folder, 'file'), 'mine')
  for (const [name, reason] of [
    ['taken', /taken is not empty \(mine\.txt\): choose another folder/],
    ['file', /file is a file: choose another folder/]
  ] as const) {
    const { code, output } = await create(t, folder, name, '--no-install')
    t.equal(code, 1)
    t.match(output, reason)
  }
  t.strictSame(globSync('taken/{*,.*}', { cwd: folder }), [join('taken', 'mine.txt')])

  mkdirSync(join(folder, 'empty/.git'), { recursive: true })
  t.match(await create(t, join(folder, 'empty'), '.', '--no-install'), { code: 0, output: /empty is there/ })
  t.equal(manifestOf(join(folder, 'empty')).name, 'empty')
})

t.test('a folder that the system refuses is named with the reason', async (t) => {
  for (const folder of ['/proc/shop', '/proc/shops/first']) {
    const { code, output } = await create(t, temporaryFolder(t), folder, '--no-install')
    t.equal(code, 1)
    t.match(output, /^\/proc\/\w+ cannot be created \([A-Z]+\): choose another folder\n$/)
  }
})

t.test('takes name, port and package manager', async (t) => {
  const folder = temporaryFolder(t)
  const args = ['--no-install', '--name', '@acme/orders', '--port', '8080', '--package-manager', 'pnpm']
  const { output } = await create(t, folder, 'x', ...args)
  const service = join(folder, 'x')
  t.match(manifestOf(service), { name: '@acme/orders', packageManager: /^pnpm@\d/ })
  t.match(read(service, 'Dockerfile'), /pnpm@[\d.]+ install --prod --frozen-lockfile[^]*^EXPOSE 8080$/m)
  t.match(read(service, '.env'), /^PORT=8080$/m)
  t.match(output, /pnpm install\n {2}pnpm run dev .*127\.0\.0\.1:8080/)
})

t.test('a folder with the name of a dependency gets another name', async (t) => {
  const folder = temporaryFolder(t)
  await create(t, folder, 'fastify', '--no-install')
  t.equal(manifestOf(join(folder, 'fastify')).name, 'fastify-service')
})

for (const [args, message] of [
  [[], /name the folder of the service/],
  [['a', 'b'], /takes one folder, got 2: a, b/],
  [['a', '--colour'], /--colour/],
  [['a', '--typescript', '--javascript'], /exclude each other/],
  [['a', '--name', 'Not A Name'], /--name must be a name for npm/],
  [['a', '--name', 'pg'], /--name pg is a package that the service installs/],
  [['a', '--port', '0'], /--port must be a whole number from 1 to 65535, got '0'/],
  [['a', '--port', '9464'], /the port of the operators' listener/],
  [['a', '--package-manager', 'pnmp'], /got 'pnmp', did you mean 'pnpm'\?/]
] as const) {
  t.test(`"create ${args.join(' ')}" exits with 2 and writes nothing`, async (t) => {
    const folder = temporaryFolder(t)
    const { code, output } = await create(t, folder, ...args)
    t.equal(code, 2)
    t.match(output, message)
    t.match(output, /^usage: npm create fastify-seaworthy/m)
    t.strictSame(globSync('*', { cwd: folder }), [])
  })
}

t.test('prints its usage and version', async (t) => {
  const folder = temporaryFolder(t)
  const help = await create(t, folder, '--help')
  t.match(help, { code: 0, output: /^usage: npm create fastify-seaworthy/ })
  for (const [option] of read(import.meta.dirname, '../README.md').matchAll(/--[a-z-]+(?=[` ].*\|)/g))
    t.match(help.output, option)
  t.match(await create(t, folder, '--version'), { code: 0, output: /^\d+\.\d+\.\d+/ })
})

t.test('an installation that fails is said, and the files stay', async (t) => {
  const folder = temporaryFolder(t)
  // From the sources the dependency has a version that no registry knows.
  const { code, output } = await create(t, folder, 'a')
  t.equal(code, 1)
  t.match(output, /could not be installed with npm[^]*npm install\n/)
  t.ok(existsSync(join(folder, 'a/Dockerfile')))
})

requires(['script'], 'in a terminal it asks for what the options leave open', async (t) => {
  const folder = temporaryFolder(t)
  const command = `${process.execPath} --conditions=@seaworthy/source ${cli} --redis`
  const { NODE_OPTIONS: _, ...env } = process.env
  const open = () =>
    start(t, 'script', ['-qec', command, '/dev/null'], {
      cwd: folder,
      env,
      stdio: ['pipe', 'pipe', 'pipe']
    })

  const dialogue = open()
  for (const [question, answer] of [
    [/Folder \(service\): /, 'orders'],
    [/TypeScript\? \(Y\/n\): /, 'n'],
    [/PostgreSQL\? \(y\/N\): /, 'maybe'],
    [/PostgreSQL\? \(y\/N\): [^]*PostgreSQL\? \(y\/N\): /, ''],
    [/Install the dependencies with npm\? \(Y\/n\): /, 'no']
  ] as const) {
    await dialogue.waitFor(question)
    dialogue.child.stdin!.write(`${answer}\r`)
  }
  t.match(await dialogue.exit, { code: 0 })
  t.notMatch(dialogue.output(), /Redis\?/, 'an option is not asked for')
  const manifest = manifestOf(join(folder, 'orders'))
  t.strictSame(Object.keys(manifest.dependencies), ['fastify', 'fastify-seaworthy', 'ioredis'])

  const cancelled = open()
  await cancelled.waitFor(/Folder/)
  cancelled.child.stdin!.write('\u0003')
  t.match(await cancelled.exit, { code: 1 })
  t.strictSame(globSync('*', { cwd: folder }), ['orders'], 'nothing is written')
})

for (const [name, command] of [
  ['日本', 'cd 日本'],
  ['a$b', "cd 'a$b'"],
  ['it`s', "cd 'it`s'"],
  ["it's", `cd "it's"`],
  ['a&b', 'cd "a&b"']
] as const) {
  t.test(`the next step quotes the folder ${name} for a shell where it must`, async (t) => {
    const { code, output } = await create(t, temporaryFolder(t), name, '--no-install', '--javascript')
    t.equal(code, 0, output)
    t.match(output, `  ${command}\n`)
  })
}

t.test('a folder whose name is a space is no folder', async (t) => {
  const { code, output } = await create(t, temporaryFolder(t), ' ', '--no-install')
  t.equal(code, 2)
  t.match(output, /name the folder of the service/)
})
