import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@seaworthy/testing'
import t from 'tap'
import { appFolder, runInit } from './init-app.ts'

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
  ['node dist\\index.js', 'dist/index.js'],
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

t.test(
  'takes a package.json that an editor on Windows has written, and one with a name that is no text',
  async (t) => {
    const folder = appFolder(t, {})
    for (const text of ['\uFEFF{ "name": "orders" }\r\n', '{ "name": 5 }']) {
      writeFileSync(join(folder, 'package.json'), text)
      t.equal((await runInit(['docker', '--force'], folder)).code, 0)
    }
  }
)

t.test('says what is wrong with a package.json that is no JSON', async (t) => {
  const folder = appFolder(t, {})
  writeFileSync(join(folder, 'package.json'), '{ "name": "orders",')
  const { code, lines } = await runInit(['docker'], folder)
  t.equal(code, 2)
  t.match(lines.join('\n'), /package\.json is no JSON: .*position/)
})
