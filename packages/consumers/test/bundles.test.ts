// An app of the preset as one file: what each bundler makes of the packed packages runs in a folder that has nothing else.
import { copyFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { installedApp, run, temporaryFolder, writeFiles } from '@seaworthy/testing'
import t, { type Test } from 'tap'

const body = (auth: string) => `
const options = { observability: { logger: false }, auth: { jwt: { secret: 'kq3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJ' }${auth} } }
async function main() {
  const app = Fastify(serverOptions(options))
  await app.register(seaworthy, options)
  app.get('/me', { config: { auth: true } }, async (request) => ({ subject: request.identity.subject }))
  app.get('/visit', async (request) => {
    request.session.set('visits', 1)
    return { visits: request.session.get('visits') }
  })
  await app.ready()
  const { accessToken } = await app.auth.issueTokens({ sub: 'ada' })
  const answers = {
    live: await app.inject('/health/live'),
    nothing: await app.inject('/nothing'),
    stranger: await app.inject('/me'),
    ada: await app.inject({ url: '/me', headers: { authorization: 'Bearer ' + accessToken } }),
    visit: await app.inject('/visit'),
    metrics: await app.inject('/metrics')
  }
  await app.close()
  const seen = Object.entries(answers).map(([name, { statusCode, headers, body }]) => [
    name,
    { status: statusCode, body: /json/.test(headers['content-type']) ? JSON.parse(body) : '' }
  ])
  console.log(JSON.stringify(Object.fromEntries(seen)))
}
main()
`
const imports = `import Fastify from 'fastify'\nimport { seaworthy, serverOptions } from 'fastify-seaworthy'\n`
const requires = `const Fastify = require('fastify')\nconst { seaworthy, serverOptions } = require('fastify-seaworthy')\n`
const session = `, session: { key: 'oWZT5dWYBTuiHRNLDNZMQ4LzOWQMvL9aVyZ+7EF3g1o=' }`

// An ES module has no `require`, and Fastify, which is CommonJS, calls it for what Node has itself.
const banner = {
  js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`
}

/** Scripts that bundle `app.mjs`, and what they make. Each is all that an app's own configuration has to have. */
const bundlers: Record<string, { script: string; makes: string }> = {
  'esbuild to CommonJS': {
    makes: 'esbuild/app.cjs',
    script: `import { build } from 'esbuild'
await build({ entryPoints: ['app.mjs'], bundle: true, platform: 'node', outfile: 'esbuild/app.cjs' })`
  },
  'esbuild to an ES module': {
    makes: 'esbuild/app.mjs',
    script: `import { build } from 'esbuild'
const banner = ${JSON.stringify(banner)}
await build({ entryPoints: ['app.mjs'], bundle: true, platform: 'node', format: 'esm', minify: true, banner, outfile: 'esbuild/app.mjs' })`
  },
  'tsup to CommonJS': {
    makes: 'tsup/cjs/app.js',
    script: `import { build } from 'tsup'
await build({ config: false, entry: ['app.mjs'], format: 'cjs', noExternal: [/./], outDir: 'tsup/cjs', silent: true })`
  },
  'tsup to an ES module': {
    makes: 'tsup/esm/app.mjs',
    script: `import { build } from 'tsup'
const banner = ${JSON.stringify(banner)}
await build({ config: false, entry: ['app.mjs'], format: 'esm', noExternal: [/./], splitting: false, banner, outDir: 'tsup/esm', silent: true })`
  },
  webpack: {
    makes: 'webpack/app.cjs',
    script: `import webpack from 'webpack'
import { join } from 'node:path'
const output = { path: join(import.meta.dirname, 'webpack'), filename: 'app.cjs' }
// Not made smaller, which takes half a minute.
const settings = { mode: 'production', target: 'node', entry: './app.mjs', output, optimization: { minimize: false } }
webpack(settings, (error, stats) => {
  if (error || stats.hasErrors()) throw error ?? new Error(stats.toString())
})`
  },
  'ncc, from an ES module': {
    makes: 'ncc/esm/app.mjs',
    script: `import ncc from '@vercel/ncc'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
const { code } = await ncc(join(import.meta.dirname, 'app.mjs'), { cache: false, quiet: true })
mkdirSync('ncc/esm', { recursive: true })
writeFileSync('ncc/esm/app.mjs', code)`
  },
  'ncc, from CommonJS': {
    makes: 'ncc/cjs/app.cjs',
    script: `import ncc from '@vercel/ncc'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
const { code } = await ncc(join(import.meta.dirname, 'app.cjs'), { cache: false, quiet: true })
mkdirSync('ncc/cjs', { recursive: true })
writeFileSync('ncc/cjs/app.cjs', code)`
  }
}

/** The file alone, and what it prints where there is nothing else. */
function alone(t: Test, bundle: string): { folder: string; answers(): unknown } {
  const folder = temporaryFolder(t, 'alone')
  const file = basename(bundle)
  copyFileSync(bundle, join(folder, file))
  return {
    folder,
    answers: () => {
      t.strictSame(
        readdirSync(folder).filter((name) => name !== 'node_modules'),
        [file]
      )
      return JSON.parse(run(process.execPath, [file], { cwd: folder, env: { PATH: process.env.PATH } }))
    }
  }
}

const expected = {
  live: { status: 200, body: { status: 'ok' } },
  nothing: {
    status: 404,
    body: { statusCode: 404, error: 'Not Found', code: 'ROUTE_NOT_FOUND', correlationId: String }
  },
  stranger: { status: 401, body: { code: 'AUTH_REQUIRED' } },
  ada: { status: 200, body: { subject: 'ada' } },
  metrics: { status: 200 }
}

t.setTimeout(600_000)

t.test('one file of an app, from the packed packages', async (t) => {
  const app = await installedApp(t, {
    packages: [
      'fastify@5.12.8',
      'fastify-seaworthy',
      'esbuild@0.28.2',
      'tsup@9.0.0',
      'typescript@6.0.3',
      'webpack@5.113.0',
      '@vercel/ncc@0.45.0'
    ],
    files: {
      'app.mjs': imports + body(''),
      'app.cjs': requires + body(''),
      'session.mjs': imports + body(session)
    }
  })
  const installed = readdirSync(join(app, 'node_modules'))
  t.notOk(installed.includes('ioredis') || installed.includes('@sentry'), 'no optional package is there')

  for (const [name, { script, makes }] of Object.entries(bundlers)) {
    await t.test(name, async (t) => {
      writeFiles(app, { 'bundle.mjs': script })
      run(process.execPath, ['bundle.mjs'], { cwd: app })
      t.match(alone(t, join(app, makes)).answers(), expected)
    })
  }

  await t.test('sealed sessions need nothing beside the file', async (t) => {
    run(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `import { build } from 'esbuild'
await build({ entryPoints: ['session.mjs'], bundle: true, platform: 'node', outfile: 'session.cjs' })`
      ],
      { cwd: app }
    )
    const { answers } = alone(t, join(app, 'session.cjs'))
    t.match(answers(), { ...expected, visit: { status: 200, body: { visits: 1 } } })
  })
})
