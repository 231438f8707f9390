import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@seaworthy/testing'
import t, { type Test } from 'tap'
import { environmentExample } from '../src/environment/example.ts'
import { runInit as run } from '../src/init/init.ts'

const runInit = async (args: readonly string[], folder: string) =>
  run(args, folder, async () => environmentExample())

/** Makes a folder with a package.json. */
function appFolder(t: Test, manifest: object, files: Record<string, string> = {}): string {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

t.test('writes files with the name, entry and port of the app', async (t) => {
  const folder = appFolder(t, {
    name: '@acme/Order_Service',
    scripts: { start: 'node --enable-source-maps dist/main.js' }
  })
  const { code } = await runInit(['all', '--port', '8080'], folder)
  t.equal(code, 0)
  const read = (path: string) => readFileSync(join(folder, path), 'utf8')

  t.match(read('Dockerfile'), /CMD \["node", .*"dist\/main\.js"\]/)
  t.match(read('Dockerfile'), /^EXPOSE 8080$/m)
  t.match(read('Dockerfile'), /npm ci --omit=dev/)
  t.match(read('kubernetes/base/deployment.yaml'), /name: order-service/)
  t.match(read('kubernetes/base/deployment.yaml'), /containerPort: 8080/)
  t.match(read('ecosystem.config.cjs'), /script: '\.\/dist\/main\.js'/)
  t.ok(existsSync(join(folder, 'systemd/order-service.service')))
  t.match(read('.env.production.example'), /^# JWT_SECRET=$/m)
  t.match(read('.dockerignore'), /\.env/)
})

for (const [start, entry] of [
  ['NODE_ENV=production node server/main.js', 'server/main.js'],
  [
    'cross-env NODE_ENV=production node --import ./agent.js -r dotenv/config ./server/main.mjs --verbose',
    'server/main.mjs'
  ],
  ['npm run migrate && node --env-file .env dist/index.js', 'dist/index.js'],
  ['node .', 'from-main.js'],
  ['tsx src/server.ts', 'from-main.js']
] as const) {
  t.test(`the entry of "${start}" is ${entry}`, async (t) => {
    const folder = appFolder(t, { name: 'a', main: './from-main.js', scripts: { start } })
    await runInit(['docker'], folder)
    t.match(readFileSync(join(folder, 'Dockerfile'), 'utf8'), new RegExp(`^CMD .*"${entry}"\\]$`, 'm'))
  })
}

t.test('writes one process for PM2 where no Redis shares what it counts', async (t) => {
  for (const [dependencies, instances] of [
    [{}, /instances: 1,/],
    [{ ioredis: '6.0.0' }, /instances: 'max',/]
  ] as const) {
    const folder = appFolder(t, { name: 'a', main: 'server.js', dependencies })
    await runInit(['pm2'], folder)
    t.match(readFileSync(join(folder, 'ecosystem.config.cjs'), 'utf8'), instances)
  }
})

t.test('writes a Dockerfile for pnpm where the app uses it', async (t) => {
  const folder = appFolder(t, { name: 'a', main: 'server.js' }, { 'pnpm-lock.yaml': '' })
  await runInit(['docker'], folder)
  const text = readFileSync(join(folder, 'Dockerfile'), 'utf8')
  t.match(text, /COPY package\.json pnpm-lock\.yaml/)
  t.notMatch(text, /npm ci/)
})

t.test('builds in a separate stage where the entry is made by a build', async (t) => {
  const folder = appFolder(
    t,
    { name: 'a', main: 'dist/main.js', packageManager: 'pnpm@11.0.0', scripts: { build: 'tsc' } },
    { 'pnpm-lock.yaml': '', 'pnpm-workspace.yaml': '' }
  )
  await runInit(['docker'], folder)
  const text = readFileSync(join(folder, 'Dockerfile'), 'utf8')
  t.match(text, /AS build\n[^]*pnpm@11\.0\.0 install --frozen-lockfile[^]*\nCOPY \. \.\nRUN npm run build\n/)
  t.match(text, /COPY package\.json pnpm-lock\.yaml pnpm-workspace\.yaml/)
  t.match(text, /COPY --from=build \/app\/dist \.\/dist\nUSER/)
  const ignored = readFileSync(join(folder, '.dockerignore'), 'utf8').split('\n')
  for (const path of ['.git', '**/.env', '**/*.key', '**/node_modules']) t.ok(ignored.includes(path), path)
  t.notOk(ignored.includes('*'), 'the sources are there to be built')
})

t.test('copies the folder of the sources into the image', async (t) => {
  const folder = appFolder(t, { name: 'a', main: 'lib/main.js' })
  await runInit(['docker'], folder)
  t.match(readFileSync(join(folder, '.dockerignore'), 'utf8'), /^\*\n[^]*^!lib$/m)
})

for (const [packageName, name] of [
  ['@acme/My_App', 'my-app'],
  ['2fast', 'fast'],
  ['postgres', 'postgres-app'],
  ['yes', 'yes-app'],
  ['123', 'app'],
  [`${'a'.repeat(47)}-b`, 'a'.repeat(47)]
] as const) {
  t.test(`makes a name for ${packageName} that is valid in Kubernetes and YAML`, async (t) => {
    const folder = appFolder(t, { name: packageName })
    await runInit(['kubernetes'], folder)
    const text = readFileSync(join(folder, 'kubernetes/base/serviceaccount.yaml'), 'utf8')
    t.match(text, `name: ${name}\n`)
  })
}

t.test('keeps the secrets of compose out of git, and notes missing files', async (t) => {
  const folder = appFolder(t, { name: 'a', main: 'server.js', dependencies: { '@fastify/redis': '7' } })
  const { lines } = await runInit(['docker', 'compose'], folder)
  t.equal(readFileSync(join(folder, 'secrets/.gitignore'), 'utf8'), '*\n!.gitignore\n')
  const notes = lines.filter((line) => line.startsWith('note')).join('\n')
  for (const word of ['server.js is not there', 'package-lock.json is not there', 'ioredis'])
    t.match(notes, word)
})

for (const [manager, lock, packageManager, command] of [
  ['yarn 1', 'yarn.lock', undefined, 'npx --yes yarn@1.22.22 install --frozen-lockfile'],
  ['yarn 4', 'yarn.lock', 'yarn@4.9.1', 'yarn workspaces focus --all --production'],
  ['bun', 'bun.lock', 'bun@1.2.0', 'npx --yes bun@1.2.0 install --frozen-lockfile --production']
] as const) {
  t.test(`writes a Dockerfile for ${manager}, from its own lock file`, async (t) => {
    const manifest = { name: 'a', main: 'server.js', ...(packageManager ? { packageManager } : {}) }
    const folder = appFolder(t, manifest, { [lock]: '', '.yarnrc.yml': 'nodeLinker: node-modules\n' })
    const { lines } = await runInit(['docker'], folder)
    const text = readFileSync(join(folder, 'Dockerfile'), 'utf8')
    t.match(text, command)
    t.match(text, new RegExp(`^COPY package\\.json ${lock}`, 'm'))
    t.notMatch(text, /npm ci/)
    t.match(text, /target=\/root\/\.npmrc/)
    t.match(readFileSync(join(folder, '.dockerignore'), 'utf8'), '**/.npmrc')
    t.match(lines.at(-1), /^next +docker build --tag a \.$/)
  })
}

t.test('notes that the image needs node_modules where yarn makes none', async (t) => {
  const folder = appFolder(
    t,
    { name: 'a', main: 'server.js', packageManager: 'yarn@4.9.1' },
    { 'yarn.lock': '' }
  )
  const { lines } = await runInit(['docker'], folder)
  t.match(lines.join('\n'), /nodeLinker: node-modules/)
})

t.test('builds the image of an app in a workspace from the root', async (t) => {
  const root = appFolder(
    t,
    { name: 'all', private: true, workspaces: ['apps/*'] },
    { 'package-lock.json': '{}' }
  )
  const folder = join(root, 'apps/api')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'api', main: 'src/server.js' }))
  const { lines } = await runInit(['docker'], folder)
  const text = readFileSync(join(folder, 'Dockerfile'), 'utf8')
  t.match(text, /^COPY \. \.\n#.*\nRUN .* npm ci --omit=dev/m)
  t.match(text, /^COPY --from=dependencies \/app \.\/\nWORKDIR \/app\/apps\/api\n/m)
  t.match(readFileSync(join(folder, 'Dockerfile.dockerignore'), 'utf8'), '**/.env')
  t.match(lines.at(-1), /docker build --file apps\/api\/Dockerfile --tag api \./)
  t.notMatch(lines.join('\n'), /package-lock\.json is not there/)
})

t.test(
  'builds the packages of a workspace that the app needs, and leaves the secrets of all out',
  async (t) => {
    const root = appFolder(
      t,
      { name: 'all', private: true, workspaces: ['apps/*', 'libs/*'] },
      { 'package-lock.json': '{}' }
    )
    const member = (path: string, manifest: object) => {
      const folder = join(root, path)
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
      return folder
    }
    const build = { scripts: { build: 'tsc' } }
    const folder = member('apps/api', {
      name: 'api',
      main: 'dist/main.js',
      ...build,
      dependencies: { b: '1' }
    })
    const members = {
      a: member('libs/a', { name: 'a', ...build }),
      b: member('libs/b', { name: 'b', ...build, dependencies: { a: '1', c: '1' } }),
      c: member('libs/c', { name: 'c' }),
      unused: member('libs/unused', { name: 'unused', ...build })
    }
    mkdirSync(join(root, 'node_modules'))
    for (const [name, target] of Object.entries(members))
      symlinkSync(target, join(root, 'node_modules', name))
    await runInit(['docker'], folder)
    t.strictSame(readFileSync(join(folder, 'Dockerfile'), 'utf8').match(/^RUN cd .*$/gm), [
      'RUN cd libs/a && npm run build',
      'RUN cd libs/b && npm run build',
      'RUN cd apps/api && npm run build'
    ])
    const ignored = readFileSync(join(folder, 'Dockerfile.dockerignore'), 'utf8').split('\n')
    for (const path of ['apps/api/secrets', '*/*/secrets', '**/.env', '**/.npmrc', '**/bunfig.toml'])
      t.ok(ignored.includes(path), path)
  }
)

t.test('names what the image needs in .dockerignore: lock file, patches, usual folders', async (t) => {
  const folder = appFolder(t, { name: 'a', main: 'src/main.js' }, { 'yarn.lock': '__metadata:\n' })
  for (const path of ['.yarn/patches', 'public', 'config']) mkdirSync(join(folder, path), { recursive: true })
  writeFileSync(join(folder, '.yarnrc.yml'), 'nodeLinker: node-modules\n')
  await runInit(['docker'], folder)
  const named = readFileSync(join(folder, '.dockerignore'), 'utf8').match(/^!.*$/gm)
  t.strictSame(named, ['!package.json', '!yarn.lock', '!.yarnrc.yml', '!.yarn/patches', '!src', '!public'])
  const text = readFileSync(join(folder, 'Dockerfile'), 'utf8')
  t.match(text, /^COPY \.yarn\/patches \.\/\.yarn\/patches$/m)
  t.match(text, /YARN_IGNORE_PATH=1 npx --yes --package=@yarnpkg\/cli-dist@4/, 'by the lock file alone')
  t.match(text, /--mount=type=secret,id=yarnrc,target=\/root\/\.yarnrc\.yml/)
})

t.test('notes a token that could get into the image, and a start by fastify-cli', async (t) => {
  const notesOf = async (settings: string, start: string) => {
    const manifest = { name: 'a', main: 'app.js', packageManager: 'yarn@4.9.1', scripts: { start } }
    const folder = appFolder(t, manifest, { 'yarn.lock': '', 'app.js': '', '.yarnrc.yml': settings })
    const { lines } = await runInit(['docker'], folder)
    return lines.filter((line) => line.startsWith('note')).join('\n')
  }
  const settings = 'nodeLinker: node-modules\n'
  t.match(await notesOf(`${settings}npmAuthToken: npm_abc\n`, 'node app.js'), /the token in \.yarnrc\.yml/)
  t.equal(await notesOf(`${settings}npmAuthToken: "\${NPM_TOKEN}"\n`, 'node app.js'), '')
  t.match(await notesOf(settings, 'fastify start -l info app.js'), /must call app\.listen\(\)/)
})

t.test('asks for no database and no Redis that the app does not have', async (t) => {
  const read = async (dependencies: object) => {
    const folder = appFolder(t, { name: 'a', main: 'server.js', dependencies })
    await runInit(['compose', 'kubernetes'], folder)
    return [
      'compose.yaml',
      'kubernetes/base/configmap.yaml',
      'kubernetes/base/deployment.yaml',
      'kubernetes/base/networkpolicy.yaml'
    ]
      .map((path) => readFileSync(join(folder, path), 'utf8'))
      .join('\n---\n')
  }
  const none = await read({})
  t.notMatch(none, /redis|REDIS|postgres|DB_|db_password|5432|6379|depends_on:\n(?! {6})/)
  t.match(none, /^ {2}prometheus:$/m)
  t.match(none, /secrets: \[jwt_secret, session_secret, management_token\]/)
  t.match(none, 'enableServiceLinks: false')
  t.match(none, 'TRUST_PROXY')
  for (const [dependencies, has, lacks] of [
    [{ pg: '8' }, /DB_HOST/, /REDIS_HOST/],
    [{ ioredis: '6' }, /REDIS_HOST/, /DB_HOST/]
  ] as const) {
    const text = await read(dependencies)
    t.match(text, has)
    t.notMatch(text, lacks)
    t.match(text, /depends_on:\n {6}\w/)
  }
})

t.test('keeps an existing file, unless forced', async (t) => {
  const folder = appFolder(t, { name: 'a' }, { Dockerfile: 'FROM mine' })
  const kept = await runInit(['docker'], folder)
  t.match(kept.lines.join('\n'), /kept +Dockerfile/)
  t.equal(readFileSync(join(folder, 'Dockerfile'), 'utf8'), 'FROM mine')

  await runInit(['docker', '--force'], folder)
  t.not(readFileSync(join(folder, 'Dockerfile'), 'utf8'), 'FROM mine')
})

t.test('a dry run lists the files and writes nothing', async (t) => {
  const folder = appFolder(t, { name: 'a' })
  const { code, lines } = await runInit(['kubernetes', '--dry-run'], folder)
  t.equal(code, 0)
  t.match(lines.join('\n'), /would write kubernetes\/base\/deployment\.yaml/)
  t.notOk(existsSync(join(folder, 'kubernetes')))
})

for (const [args, message] of [
  [['kubernets'], /did you mean 'kubernetes'/],
  [['--port', '0'], /--port must be a whole number from 1 to 65535, got '0'/],
  [['--port', '9464'], /9464 is the port of the operators' listener/],
  [['--colour'], /--colour/]
] as const) {
  t.test(`"init ${args.join(' ')}" exits with 2`, async (t) => {
    const { code, lines } = await runInit(args, appFolder(t, { name: 'a' }))
    t.equal(code, 2)
    t.match(lines.join('\n'), message)
  })
}

t.test('outside an app it prints where to run it', async (t) => {
  const { code, lines } = await runInit(['docker'], temporaryFolder(t))
  t.equal(code, 2)
  t.match(lines.join('\n'), /run this in the folder of your app/)
})
