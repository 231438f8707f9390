import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { requires, temporaryFolder } from '@seaworthy/testing'
import t from 'tap'
import { certificate } from './certificates.ts'
import { command } from './command.ts'

t.test('--help lists the commands', async (t) => {
  const { code, stdout } = await command(t, ['--help'])
  t.equal(code, 0)
  for (const name of ['preflight', 'init', 'matrix', 'doctor'])
    t.match(stdout, new RegExp(`^ +${name} `, 'm'))
})

t.test('--version prints the version', async (t) => {
  const { code, stdout } = await command(t, ['--version'])
  t.equal(code, 0)
  t.match(stdout, /^\d+\.\d+\.\d+\n$/)
})

for (const name of ['preflight', 'init', 'matrix', 'doctor']) {
  t.test(`${name} --help prints its usage`, async (t) => {
    const { code, stdout } = await command(t, [name, '--help'])
    t.equal(code, 0)
    t.match(stdout, `usage: fastify-seaworthy ${name} `)
  })
}

for (const [args, message] of [
  [[], /^usage: /],
  [['matrx'], /'matrx' is not a command, did you mean 'matrix'\?/],
  [['toString'], /'toString' is not a command\n/],
  [['matrix'], /name the file that makes the app/],
  [['matrix', 'a.js', 'b.js'], /the command takes one file, got 2/],
  [['doctor', '--colour', 'a.js'], /--colour/],
  [['preflight'], /name the script that starts the service/],
  [['preflight', '--port', 'x', 'a.js'], /--port must be a whole number, got 'x'/],
  [['init', 'kubernets'], /did you mean 'kubernetes'/]
] as const) {
  t.test(`"fastify-seaworthy ${args.join(' ')}" exits with 2 and prints the usage`, async (t) => {
    const { code, output, stdout } = await command(t, args)
    t.equal(code, 2)
    t.match(output, message)
    t.match(output, /usage: fastify-seaworthy/)
    t.equal(stdout, '', 'on standard error')
  })
}

t.test('on a Node that is too old it prints one line', async (t) => {
  const old = `Object.defineProperty(process.versions, 'node', { value: '20.11.0' })`
  const { code, output } = await command(t, ['--help'], {
    nodeArgs: ['--import', `data:text/javascript,${encodeURIComponent(old)}`]
  })
  t.equal(code, 1)
  t.match(output, /^fastify-seaworthy needs Node \S.*, and this is Node 20\.11\.0\n$/)
})

t.test('init writes into the current folder', async (t) => {
  const cwd = temporaryFolder(t)
  writeFileSync(join(cwd, 'package.json'), '{"name":"a"}')
  const { code, stdout } = await command(t, ['init', 'docker', '--dry-run'], { cwd })
  t.equal(code, 0)
  t.match(stdout, /would write Dockerfile/)
})

for (const [file, form] of [
  ['healthy.js', 'a function'],
  ['server.js', 'an app that listens by itself'],
  ['plugin.js', 'a plugin for fastify-cli'],
  ['exports/start.js', 'a function that starts the app'],
  ['exports/server.js', 'an app with another name'],
  ['exports/factory.cjs', 'a function with another name, in CommonJS'],
  ['exports/class.js', 'an app beside a class'],
  ['exports/cluster.js', 'an app in workers']
] as const) {
  t.test(`matrix prints the access rules of ${form}`, async (t) => {
    const { code, stdout } = await command(t, ['matrix', file])
    t.equal(code, 0)
    const expected =
      file === 'plugin.js' || file.startsWith('exports/')
        ? /^GET +\/orders +authenticated +jwt$/m
        : /^DELETE +\/users +restricted +jwt +roles: admin$/m
    t.match(stdout, expected)
    t.notMatch(stdout, /"level"/, "nothing of the app's log")
  })
}

t.test('matrix --json prints data', async (t) => {
  const { code, stdout } = await command(t, ['matrix', '--json', 'healthy.js'])
  t.equal(code, 0)
  const rows = JSON.parse(stdout) as { method: string; url: string; access: string }[]
  t.match(rows, [
    { method: 'GET', url: '/open', access: 'public' },
    { method: 'HEAD', url: '/open', access: 'public' },
    { method: 'DELETE', url: '/users', access: 'restricted', roles: ['admin'] }
  ])
})

for (const [file, sentence] of [
  ['nothing.js', 'exports no app (default, app, build, buildApp, createApp), and starts none'],
  ['exits.js', 'it ended with exit code 3: the database is away'],
  ['instance.cjs', 'auth is not registered, so its routes have no access rules'],
  ['absent.js', 'there is no such file']
] as const) {
  t.test(`matrix of ${file} prints the reason of its failure`, async (t) => {
    const { code, output } = await command(t, ['matrix', file])
    t.equal(code, 1)
    t.equal(output, `matrix: ${file}: ${sentence}\n`)
  })
}

t.test('preflight passes a release that becomes ready', async (t) => {
  const { code, stdout } = await command(t, ['preflight', 'server.js'])
  t.equal(code, 0)
  t.match(stdout, /^preflight: server\.js: ready after \d+ ms\n$/)
})

t.test('preflight prints the output of a release that does not start', async (t) => {
  const { code, output } = await command(t, ['preflight', '--timeout', '20000', 'exits.js', '--own'])
  t.equal(code, 1)
  t.match(output, /the database is away/)
  t.match(output, /preflight: exits\.js: it ended with exit code 3 before it was ready/)
})

requires(['openssl'], 'preflight passes a release that has TLS from the environment', async (t) => {
  const { cert: TLS_CERT_FILE, key: TLS_KEY_FILE } = certificate(t, 'orders.example.com')
  const env = { TLS_CERT_FILE, TLS_KEY_FILE }
  const { code, output } = await command(t, ['preflight', 'listens.js'], { env })
  t.equal(code, 0, output)
  t.match(output, /preflight: listens\.js: ready after \d+ ms over https\n$/)
})
