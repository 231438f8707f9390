import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { auth, type LoginOptions } from '../src/index.ts'
import { captureLog, listen } from './helpers.ts'

async function build(t: Test, login: LoginOptions) {
  const { lines, logger } = captureLog()
  const app = Fastify({ logger })
  t.teardown(() => app.close())
  await app.register(auth, { login })
  return { app, lines }
}

const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex').toUpperCase()

/** A list of leaked passwords. `state.answer` can break it. */
async function listOf(t: Test, leaked: string[]) {
  const paths: string[] = []
  const state: { answer: 'list' | 'silence' | 'half' | 'error' | 'long' } = { answer: 'list' }
  const server = createServer(({ url = '' }, response) => {
    paths.push(url)
    const prefix = url.slice('/range/'.length)
    const found = leaked.map(sha1).filter((hash) => hash.startsWith(prefix))
    const padding = `${sha1('padding').slice(5)}:0`
    const list = [...found.map((hash) => `${hash.slice(5)}:3`), padding].join('\r\n')
    const answers = {
      list: () => response.end(list),
      silence: () => undefined,
      half: () => response.writeHead(200).write('0'),
      error: () => response.writeHead(500).end(),
      long: () => response.end('x'.repeat(300_000))
    }
    answers[state.answer]()
  })
  return { state, paths, url: `${(await listen(t, server)).url}/range/` }
}

t.test('only five letters of a hash leave the process, and exactly leaked passwords are found', async (t) => {
  const { url, paths } = await listOf(t, ['hunter2', 'päss'])
  const { app } = await build(t, { breached: { url } })
  for (const [password, expected] of Object.entries({
    hunter2: true,
    päss: true,
    hunter3: false,
    padding: false
  }))
    t.equal(await app.auth.isBreachedPassword(password), expected, password)
  for (const path of paths) t.match(path, /^\/range\/[0-9A-F]{5}$/)
})

t.test('without an answer a password counts as not leaked, and one line says so', async (t) => {
  const { url, state } = await listOf(t, ['hunter2'])
  const { app, lines } = await build(t, { breached: { url, timeout: 300 } })
  for (const answer of ['silence', 'half', 'error', 'long'] as const) {
    state.answer = answer
    t.equal(await app.auth.isBreachedPassword('hunter2'), false, answer)
  }
  t.equal(lines.filter((line) => /list of leaked passwords/.test(line)).length, 1)
  t.notMatch(lines.join(''), /hunter2/)
  const patient = await build(t, { breached: { url, timeout: 30_000 } })
  state.answer = 'list'
  t.equal(await patient.app.auth.isBreachedPassword('hunter2'), true)
})

t.test('no list is read without the option, and a wrong one stops the start', async (t) => {
  const { app } = await build(t, {})
  await t.rejects(app.auth.isBreachedPassword('x'), { message: /login\.breached/ })
  for (const breached of [
    { url: 'http://example.com/' },
    { url: 'https://a:b@example.com/' },
    { url: 'x' },
    {}
  ])
    await t.rejects(build(t, { breached: breached as never }), { code: 'INVALID_OPTION' })
})

t.test('a hash of another cost or kind needs a new one', async (t) => {
  const { app } = await build(t, { cost: 14 })
  const { app: stronger } = await build(t, { cost: 15 })
  const hash = await app.auth.hashPassword('a')
  t.equal(app.auth.needsRehash(hash), false)
  t.equal(stronger.auth.needsRehash(hash), true)
  t.equal(await stronger.auth.verifyPassword('a', hash), true, 'and still verifies')
  for (const other of ['', '$2b$10$abcdefghijklmnopqrstuv', hash.replace(/p=\d/, 'p=1'), null])
    t.equal(app.auth.needsRehash(other), true)
})
