import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
// The preset loads its parts by `require`, which the runner's hooks break for sources: imported before, they are found.
import '@seaworthy/auth'
import { errors } from '@seaworthy/errors'
import '@seaworthy/health'
import '@seaworthy/observability'
import '@seaworthy/resilience'
import '@seaworthy/security'
import '@seaworthy/shutdown'
import { root } from '@seaworthy/testing'
import Fastify, { type FastifyPluginAsync } from 'fastify'
import { seaworthy, type SeaworthyOptions } from 'fastify-seaworthy'
import t from 'tap'

const docs = join(root, 'docs')
const text = (path: string): string => readFileSync(join(root, path), 'utf8')
const pages = globSync('**/*.md', { cwd: docs, exclude: (path) => path.includes('node_modules') })

/** The table of a page whose first cell is code: those cells. */
const firstCells = (page: string): string[] =>
  [...text(page).matchAll(/^\| `([^`]+)` \|/gm)].map(([, cell = '']) => cell)

t.test('each warning of a start is a line of the page, with its level', async (t) => {
  const lines: string[] = []
  const options: SeaworthyOptions = { security: { cors: { origin: true } } }
  for (const [plugin, pluginOptions] of [
    [seaworthy, options],
    [errors, {}]
  ] as [FastifyPluginAsync, object][]) {
    const app = Fastify({ logger: { stream: { write: (line: string) => void lines.push(line) } } })
    t.teardown(() => app.close())
    // oxlint-disable-next-line no-await-in-loop -- one log for both
    await app.register(plugin, pluginOptions)
    app.get('/page', async (_request, reply) => reply.type('text/html').send('<p>'))
    // oxlint-disable-next-line no-await-in-loop -- one log for both
    await app.inject('/page')
  }

  const starts = firstCells('docs/reference/log-lines.md').map((cell) =>
    cell.split(/<\w+>/).map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  )
  const patterns = starts.map((parts) => new RegExp(`^${parts.join('.*')}`))
  const warnings = lines
    .map((line) => JSON.parse(line) as { level: number; msg: string })
    .filter(({ level, msg }) => level >= 40 && /^[a-z]+: /.test(msg))
  t.ok(warnings.length > 2, `there are warnings: ${warnings.length}`)
  for (const { msg } of warnings)
    t.ok(
      patterns.some((pattern) => pattern.test(msg)),
      msg
    )
})

t.test('the metrics of a scrape are on the page', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(seaworthy, { auth: { jwt: { secret: 'kQ1x'.repeat(4) + crypto.randomUUID() } } })
  app.resilience.breaker('prices', async () => 1)
  app.get('/', async () => 'hello')
  await app.inject('/')
  const { body } = await app.inject('/metrics')
  const families = [...body.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name)
  const pluginFamilies = families.filter((name) => !/^(?:process|nodejs)_/.test(name))
  t.ok(pluginFamilies.length > 10, `there are metrics: ${pluginFamilies.length}`)
  const listed = firstCells('docs/reference/metrics.md')
  t.strictSame(
    pluginFamilies.filter((name) => !listed.includes(name)),
    []
  )
})

t.test('codes of responses are on the page', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(errors)
  app.get('/', async () => Promise.reject(new Error('unexpected')))
  const schema = { querystring: { type: 'object', required: ['page'] } }
  app.get('/list', { schema }, async () => [])
  const listed = firstCells('docs/reference/error-codes.md')
  for (const url of ['/', '/list', '/nowhere']) {
    const { code } = (await app.inject(url)).json<{ code: string }>()
    t.ok(listed.includes(code), code)
  }
})

t.test('each code that a client can get is on the page about troubleshooting', async (t) => {
  const codes = [...text('docs/reference/error-codes.md').matchAll(/^\| `(\w+)` \| (\d{3}) \|/gm)]
  const page = text('docs/operate/troubleshooting.md')
  t.ok(codes.length > 50, `${codes.length} codes`)
  for (const [, code = '', status = ''] of codes)
    t.match(page, new RegExp(`^\\| [^|]*${status}[^|]* \\|[^|]*\`${code}\``, 'm'), `${status} ${code}`)
})

t.test('the figures of the page about performance are those of the benchmark', async (t) => {
  const results = text('packages/bench/results.md')
  const rows = [...text('docs/learn/performance.md').matchAll(/^\| (.+) \| (\d+\.\d+) \|$/gm)]
  t.ok(rows.length > 5, 'the page has figures')
  for (const [, compared = '', ratio] of rows)
    t.ok(results.includes(`| ${compared} | ${ratio} |`), `${compared}: ${ratio}`)
})

t.test('links to a heading lead to one', async (t) => {
  // As GitHub and VitePress make ids from headings.
  const ids = (path: string): string[] =>
    [...readFileSync(path, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, '')
        .trim()
        .replaceAll(' ', '-')
    )
  for (const page of pages) {
    const path = join(docs, page)
    for (const [, target = '', id = ''] of readFileSync(path, 'utf8').matchAll(
      /\]\(([^)#\s:]*)#([^)\s]+)\)/g
    )) {
      const there = target === '' ? path : join(dirname(path), target)
      if (!there.endsWith('.md')) continue
      if (!ids(there).includes(id)) t.fail(`${page}: ${target}#${id} leads to no heading`)
    }
  }
  t.pass(`${pages.length} pages`)
})

t.test('each page is reached from another', async (t) => {
  const linked = new Set<string>()
  for (const page of pages) {
    for (const [, target = ''] of text(`docs/${page}`).matchAll(/\]\(([^)#\s:]+\.md)(?:#[^)]*)?\)/g))
      linked.add(join(dirname(page), target))
  }
  const alone = pages.filter(
    (page) => page !== 'index.md' && !page.startsWith('decisions/') && !linked.has(page)
  )
  // Pages of other authors may be new: only those in folders are ours to link.
  t.strictSame(
    alone.filter((page) => page.includes('/')),
    []
  )
})
