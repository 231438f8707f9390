import { copyFileSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { temporaryFolder } from '@seaworthy/testing'
import t, { type Test } from 'tap'
import { advisoryFindings } from '../src/commands/findings/advisories.ts'
import { findCopies, findVersions, describeDuplicates } from '../src/commands/installed-copies.ts'
import { apps, command } from './command.ts'

t.test('doctor prints one line for an app without problems', async (t) => {
  const { code, output } = await command(t, ['doctor', 'healthy.js'])
  t.equal(code, 0)
  t.match(output, /^doctor: healthy\.js: nothing must change \(Node [\d.]+, Fastify [\d.]+\)\n$/)
})

t.test('doctor takes the URL of a file, and names one that is none', async (t) => {
  const { code } = await command(t, ['doctor', pathToFileURL(join(apps, 'healthy.js')).href])
  t.equal(code, 0)
  const wrong = await command(t, ['doctor', 'file://elsewhere/app.js'])
  t.equal(wrong.code, 2)
  t.match(wrong.output, /file:\/\/elsewhere\/app\.js is no URL of a file/)
})

t.test('doctor lists the problems, each with its fix', async (t) => {
  const { code, output } = await command(t, ['doctor', 'instance.cjs'])
  t.equal(code, 1)
  t.match(output, /the constructor lacks genReqId: .*\n +const app = Fastify\(serverOptions\(options\)\)\n/)
  t.match(output, /the log warns: security: .*POST \/orders/)
  t.match(output, /note: security\.cors backed off: "@fastify\/cors" was registered before/)
  t.notMatch(output, /observabilityServerOptions/, "the preset's line stands for the parts'")
})

t.test('doctor lists everything that stops the start in one run', { timeout: 300_000 }, async (t) => {
  const { code, output } = await command(t, ['doctor', 'conflicts.js'])
  t.equal(code, 1)
  t.match(output, 'conflicts.js: 6 things must change')
  for (const line of [
    /the start fails: .*"health".*\{ health: false \}/,
    /the start fails: .*"shutdown".*\{ shutdown: false \}/,
    /the start fails: .*"metrics\.path" must be another path/,
    /the log warns: .*"@fastify\/cors".*\{ security: \{ cors: false \} \}/,
    /\n +.*\{ security: \{ cors: false \} \} to keep yours, or remove it/,
    /the log warns: .*POST \/users has an unsafe pattern/,
    /the log warns: .*"defaultDeny" would stop the start: .*POST \/users/
  ])
    t.match(output, line)
})

t.test('doctor reads the warnings of a log that pino-pretty writes', { timeout: 300_000 }, async (t) => {
  const { code, stdout } = await command(t, ['doctor', 'exports/pretty.js'])
  t.equal(code, 1)
  t.match(stdout, /the log warns: seaworthy: "shutdown\.timeout" is 30 milliseconds/)
})

t.test('doctor names the way to constructor options of an app that fastify-cli makes', async (t) => {
  const { code, output } = await command(t, ['doctor', 'exports/plugin.js'])
  t.equal(code, 1)
  t.match(
    output,
    /lacks return503OnClosing: .*\n +export const options = serverOptions\(\), and fastify start --options\n/
  )
  t.notMatch(output, /the log warns: seaworthy: constructor options/, 'each is named once')
})

t.test('doctor loads an app that has a copy of Fastify of its own', async (t) => {
  const folder = temporaryFolder(t)
  const packages = join(import.meta.dirname, '..')
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(realpathSync(join(packages, 'node_modules/fastify512')), join(folder, 'node_modules/fastify'))
  symlinkSync(packages, join(folder, 'node_modules/fastify-seaworthy'))
  copyFileSync(join(apps, 'plugin.js'), join(folder, 'app.mjs'))
  const { output } = await command(t, ['doctor', join(folder, 'app.mjs')])
  t.match(output, /there are 2 copies of fastify: 5\.12\.0 in /)
  t.notMatch(output, /the start fails/)
})

t.test('doctor --json prints data', async (t) => {
  const { code, stdout } = await command(t, ['doctor', 'instance.cjs', '--json'])
  t.equal(code, 1)
  const { ok, findings, notes } = JSON.parse(stdout) as {
    ok: boolean
    findings: { problem: string; line?: string }[]
    notes: string[]
  }
  t.equal(ok, false)
  t.ok(findings.some(({ line }) => line === 'const app = Fastify(serverOptions(options))'))
  t.equal(notes.length, 1)
})

t.test('doctor names each variable that fromEnv rejects, and no value', async (t) => {
  const env = { PORT: 'no-port', JWT_SECRET: 'far-too-short' }
  const { code, output } = await command(t, ['doctor', 'environment.js'], { env })
  t.equal(code, 1)
  t.match(output, /the environment: PORT must be a whole number/)
  t.match(output, /the environment: JWT_SECRET must be text of at least 32 characters/)
  t.notMatch(output, /no-port|far-too-short/)
})

t.test('doctor reports a start that exits, together with the problems of the environment', async (t) => {
  const { code, output } = await command(t, ['doctor', 'exits.js'], { env: { PORT: 'no-port' } })
  t.equal(code, 1)
  t.match(output, /the start fails: it ended with exit code 3: the database is away\n/)
  t.match(output, /the environment: PORT must be a whole number/)
})

t.test('doctor prints the install command of a missing package', async (t) => {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'app.mjs'), "import 'not-there/deep'\n")
  const { code, output } = await command(t, ['doctor', join(folder, 'app.mjs')])
  t.equal(code, 1)
  t.match(output, /fastify is not installed where the app finds it\n +npm install fastify@5\n/)
  t.match(output, /the start fails: Cannot find package .*\n +npm install not-there\n/)
})

interface DoctorResult {
  ok: boolean
  findings: { check: string; problem: string; line: string }[]
}

/** A folder with an app beside deployment files. Packages are those of the workspace. */
function deployed(t: Test, files: Record<string, string>): string {
  const folder = temporaryFolder(t)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

async function findingsOf(t: Test, file: string, options: Parameters<typeof command>[2] = {}) {
  const { code, stdout } = await command(t, ['doctor', join(apps, file), '--json'], options)
  const { findings } = JSON.parse(stdout) as DoctorResult
  t.ok(
    findings.every(({ check, line }) => check !== '' && line !== ''),
    'each has the line to change'
  )
  const of = (check: string) => findings.filter((finding) => finding.check === check)
  return { code, findings, of }
}

t.test('doctor finds what a review of the app would find', async (t) => {
  const { code, of, findings } = await findingsOf(t, 'unsafe.js')
  t.equal(code, 1)
  t.match(of('unguarded-routes'), [
    {
      problem: /every client may use them: POST \/orders, GET \/orders\/:id$/,
      line: /config: \{ auth: true \}/
    }
  ])
  t.match(of('missing-schemas'), [{ problem: /POST \/orders/, line: /^schema: / }])
  t.match(of('public-metrics'), [{ line: /MANAGEMENT_PORT/ }])
  t.match(
    of('secrets').map(({ problem }) => problem),
    ['"DB_PASSWORD" is a placeholder', '"auth.jwt.secret" and "auth.session.secret" have the same value']
  )
  t.notMatch(JSON.stringify(findings), /kq3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJ|postgres-password/)
})

t.test('doctor compares the app with its deployment files', async (t) => {
  const cwd = deployed(t, {
    'ecosystem.config.cjs':
      "module.exports = { apps: [{ name: 'a', instances: 'max', kill_timeout: 1600 }] }",
    'k8s/base/deployment.yaml': 'spec:\n  template:\n    spec:\n      terminationGracePeriodSeconds: 5\n',
    'k8s/ingress.yaml': 'apiVersion: networking.k8s.io/v1\nkind: Ingress\n',
    'compose.yaml':
      'services:\n  app:\n    stop_grace_period: 10m\n    environment: { API_TOKEN: abcdefghijklmno }\n'
  })
  const { of, findings } = await findingsOf(t, 'unsafe.js', { cwd, env: { API_TOKEN: 'abcdefghijklmno' } })
  t.match(of('secrets').at(-1), {
    problem: 'the value of API_TOKEN is in compose.yaml',
    line: /^API_TOKEN_FILE=/
  })
  t.notMatch(JSON.stringify(findings), 'abcdefghijklmno')
  t.match(of('memory-only-state'), [
    {
      problem: 'ecosystem.config.cjs has instances: max, and each process has its own rate limits and logins'
    }
  ])
  t.match(of('trust-proxy'), [{ problem: 'the ingress in k8s/ingress.yaml', line: /TRUST_PROXY/ }])
  t.match(
    of('grace-period')
      .map(({ problem, line }) => `${problem} ${line}`)
      .toSorted(),
    [
      /kill_timeout in ecosystem.config.cjs kills it after 1600 ms kill_timeout: \d+ in/,
      /terminationGracePeriodSeconds in .*deployment.yaml kills it after 5000 ms terminationGracePeriodSeconds: \d+/
    ]
  )
})

t.test('doctor finds state that processes do not share, by the environment', async (t) => {
  const { of } = await findingsOf(t, 'unsafe.js', { env: { WEB_CONCURRENCY: '4' } })
  t.match(of('memory-only-state'), [{ problem: 'WEB_CONCURRENCY is 4', line: /REDIS_URL/ }])
})

t.test('doctor names a proxy of the platform that is not trusted', async (t) => {
  const { of } = await findingsOf(t, 'unsafe.js', { env: { DYNO: 'web.1' } })
  t.match(of('trust-proxy'), [{ problem: 'Heroku has a proxy', line: /TRUST_PROXY/ }])
})

t.test('versions with an advisory are found, each with a version to install', async (t) => {
  const app = installed(t, {
    'node_modules/fastify': '5.6.2',
    'node_modules/fastify/node_modules/find-my-way': '9.0.0',
    'node_modules/@fastify/multipart': '9.0.2',
    'node_modules/ws': '8.18.0'
  })
  const versions = findVersions(app, findCopies(app), ['fastify', 'find-my-way', '@fastify/multipart', 'ws'])
  t.match(advisoryFindings(versions, '24.17.0'), [
    { problem: 'fastify 5.6.2 has the advisory CVE-', line: /^npm install fastify@\^5\.8\.5$/ },
    { problem: 'find-my-way 9.0.0', line: 'npm install find-my-way@^9.0.1' },
    { problem: '@fastify/multipart 9.0.2', line: 'npm install @fastify/multipart@^9.0.3' }
  ])
  t.match(advisoryFindings([], '24.16.0'), [{ problem: 'Node 24.16.0', line: /24\.17\.0/ }])
  for (const node of ['22.23.0', '24.17.0', '26.3.1', '28.0.0']) t.same(advisoryFindings([], node), [])
})

/** Makes an app with packages at these paths, of these versions. */
function installed(t: Test, packages: Record<string, string>): string {
  const folder = temporaryFolder(t)
  for (const [path, version] of Object.entries(packages)) {
    mkdirSync(join(folder, path), { recursive: true })
    writeFileSync(join(folder, path, 'package.json'), JSON.stringify({ version }))
  }
  return join(folder, 'app.js')
}

t.test('one copy of each package is no problem', async (t) => {
  const app = installed(t, { 'node_modules/fastify': '5.12.8', 'node_modules/fastify-seaworthy': '1.2.0' })
  t.same(describeDuplicates(findCopies(app)), [])
})

t.test('two copies of a package are found from the app and from each of our packages', async (t) => {
  const app = installed(t, {
    'node_modules/fastify': '5.12.8',
    'node_modules/@seaworthy/auth': '1.1.0',
    'node_modules/fastify-seaworthy': '1.2.0',
    'node_modules/fastify-seaworthy/node_modules/fastify': '5.11.1',
    'node_modules/fastify-seaworthy/node_modules/@seaworthy/auth': '1.0.0'
  })
  const [ofFastify = '', ofAuth = '', ...more] = describeDuplicates(findCopies(app))
  t.match(
    ofFastify,
    /^there are 2 copies of fastify: 5\.12\.8 in .*, loaded by the app and @seaworthy\/auth; 5\.11\.1 in /
  )
  t.match(
    ofAuth,
    /^there are 2 copies of @seaworthy\/auth: 1\.1\.0 in .*; 1\.0\.0 in .*, loaded by fastify-seaworthy$/
  )
  t.same(more, [])
})
