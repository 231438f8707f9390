import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startNode, temporaryFolder } from '@seaworthy/testing'

interface Esbuild {
  build(options: Record<string, unknown>): Promise<{ warnings: { text: string }[] }>
}
const folder = join(import.meta.dirname, '..')
// tsup's own.
const tsup = createRequire(join(folder, '../../package.json')).resolve('tsup')
const { build } = createRequire(tsup)('esbuild') as Esbuild
const dsn = 'http://public@127.0.0.1:9/1'

/** One file of the app with all that it imports, in a folder that has nothing else. */
async function bundle(t: Test, format: 'esm' | 'cjs'): Promise<{ out: string; file: string }> {
  const out = temporaryFolder(t, 'bundle')
  const file = join(out, format === 'esm' ? 'app.mjs' : 'app.cjs')
  const banner = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`
  await build({
    entryPoints: [join(folder, 'test/fixtures/bundled-app.ts')],
    absWorkingDir: folder,
    outfile: file,
    bundle: true,
    platform: 'node',
    minify: true,
    format,
    conditions: ['@seaworthy/source'],
    logLevel: 'silent',
    banner: format === 'esm' ? { js: banner } : {}
  })
  t.strictSame(readdirSync(out), [format === 'esm' ? 'app.mjs' : 'app.cjs'])
  return { out, file }
}

async function printed(
  t: Test,
  file: string,
  cwd: string,
  env: Record<string, string> = {}
): Promise<string> {
  const app = startNode(t, file, { cwd, env: { NODE_ENV: 'test', ...env } })
  t.equal((await app.exit).code, 0, app.output())
  return app.output().trim()
}

for (const format of ['esm', 'cjs'] as const) {
  t.test(`a bundle (${format}) needs no optional package, and finds one that is installed`, async (t) => {
    const { out, file } = await bundle(t, format)
    t.equal(await printed(t, file, '/'), 'served true')
    t.equal(
      await printed(t, file, '/', { DSN: dsn }),
      'observability: "errorTracking.dsn" needs @sentry/node 11 or newer: npm install @sentry/node@11'
    )
    mkdirSync(join(out, 'node_modules/@sentry'), { recursive: true })
    symlinkSync(join(folder, 'node_modules/@sentry/node'), join(out, 'node_modules/@sentry/node'))
    t.equal(await printed(t, file, '/', { DSN: dsn }), 'served true')
  })
}

t.test('a Sentry that is too old is named in one sentence', async (t) => {
  const { out, file } = await bundle(t, 'cjs')
  const sentry = join(out, 'node_modules/@sentry/node')
  mkdirSync(sentry, { recursive: true })
  writeFileSync(join(sentry, 'index.js'), `exports.SDK_VERSION = '10.78.0'`)
  t.equal(
    await printed(t, file, '/', { DSN: dsn }),
    'observability: "errorTracking.dsn" needs @sentry/node 11 or newer, this is 10.78.0; with an older one, give a "sink" that calls it'
  )
})

t.test('a Fastify that is too old is named in one sentence', async (t) => {
  const text = await printed(t, join(folder, 'test/fixtures/old-fastify.ts'), folder)
  t.match(text, /^observability: needs Fastify 5\.10\.0 or newer, this is 5\.\d+\.\d+$/)
})
