import { request as httpRequest, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { managementPort, whenProvided } from '@seaworthy/contract'
import type { ManagementOptions } from '@seaworthy/observability'
import { build } from './helpers.ts'

const token = 'a-token-of-operators'

/** A listener with an action that counts. `send` sends its headers as they are, as no browser and no `fetch` would. */
async function operated(t: Test, options: Partial<ManagementOptions> = {}) {
  let count = 0
  const { app, lines } = await build(t, { management: { port: 0, ...options } }, (app) => {
    whenProvided(app, managementPort, (management) => {
      management.route({ method: 'POST', url: '/count', handler: async () => ({ count: ++count }) })
    })
  })
  await app.ready()
  const { port } = app.observability.management!
  const send = async (method: string, path: string, headers: Record<string, string> = {}) => {
    const request = httpRequest({ port, method, path, headers, host: '127.0.0.1' })
    request.end()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    response.resume()
    return response
  }
  const status = async (...args: Parameters<typeof send>) => (await send(...args)).statusCode
  return { port: port!, send, status, counted: () => count, lines }
}

t.test('an action from a page of another site changes nothing', async (t) => {
  const { port, status, counted, lines } = await operated(t)
  const from = async (headers: Record<string, string>) => status('POST', '/count', headers)
  t.equal(await from({ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }), 403)
  t.equal(await from({ 'sec-fetch-site': 'cross-site' }), 403)
  t.equal(await from({ 'sec-fetch-site': 'same-site' }), 403, 'another port of this machine')
  t.equal(await from({ origin: 'https://evil.example' }), 403, 'an older browser, or one without TLS')
  t.equal(await from({ origin: 'null' }), 403, 'a page in a sandbox')
  t.equal(await from({ origin: `http://127.0.0.1:${port + 1}` }), 403)
  t.equal(counted(), 0)
  t.equal(await from({ origin: `http://127.0.0.1:${port}`, 'sec-fetch-site': 'same-origin' }), 200)
  t.equal(await from({ origin: `http://127.0.0.1:${port}` }), 200)
  t.equal(await from({}), 200, 'a program')
  t.equal(counted(), 3)
  const audited = lines().filter(({ msg }) => msg.includes('POST /count'))
  t.same(
    audited.map(({ operator }) => (operator as { statusCode: number }).statusCode).sort((a, b) => a - b),
    [200, 200, 200, 403, 403, 403, 403, 403, 403]
  )
})

t.test('a page of another site cannot embed or read anything, and a link to the page works', async (t) => {
  const { status } = await operated(t)
  const crossSite = { 'sec-fetch-site': 'cross-site' }
  t.equal(await status('GET', '/status.json', { ...crossSite, 'sec-fetch-mode': 'no-cors' }), 403)
  t.equal(await status('GET', '/events', { ...crossSite, 'sec-fetch-mode': 'cors' }), 403)
  t.equal(await status('GET', '/', { ...crossSite, 'sec-fetch-mode': 'navigate' }), 200)
})

t.test('a name of another site that points here is refused, unless a token protects', async (t) => {
  const { port, status } = await operated(t, { hosts: ['Status.Example.com'] })
  const as = async (host: string) => status('GET', '/status.json', { host })
  t.equal(await as(`rebound.evil.example:${port}`), 421)
  t.equal(await as('127.0.0.1.evil.example'), 421)
  for (const host of [
    `localhost:${port}`,
    `127.0.0.1:${port}`,
    `[::1]:${port}`,
    'app:9464',
    'app.default.svc:9464',
    'app.default.svc.cluster.local',
    'status.example.com'
  ]) {
    // Kubernetes' names end in a suffix that no public site has.
    t.equal(await as(host), 200, host)
  }
  const { send } = await operated(t, { token })
  const response = await send('GET', '/info', {
    host: 'status.example.org',
    authorization: `Bearer ${token}`
  })
  t.equal(response.statusCode, 200, 'a proxy in front may have any name')
})

t.test('the token is the password of Basic for browsers, and a bearer token for programs', async (t) => {
  const { send, status } = await operated(t, { token })
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })
  const pageResponse = await send('GET', '/', { accept: 'text/html' })
  t.equal(pageResponse.statusCode, 401)
  t.match(pageResponse.headers['www-authenticate'], /^Basic realm="operators".*, Bearer$/)
  t.equal(await status('GET', '/', basic(`operator:${token}`)), 200)
  t.equal(await status('GET', '/', basic(`:${token}`)), 200)
  t.equal(await status('GET', '/', { authorization: `bearer ${token}` }), 200)
  for (const wrong of [`${token}:`, 'operator:', 'operator', `operator:${token} `, '']) {
    t.equal(await status('GET', '/', basic(wrong)), 401, wrong)
  }
  const crossSite = { 'sec-fetch-site': 'cross-site', ...basic(`operator:${token}`) }
  t.equal(
    await status('POST', '/count', crossSite),
    403,
    'a browser adds the password to requests of other sites too'
  )
})

t.test('wrong tokens are bounded, and never lock the right one out', async (t) => {
  const { status } = await operated(t, { token })
  const guess = async () => status('GET', '/', { authorization: 'Bearer a-guess-of-the-token' })
  const answers: (number | undefined)[] = []
  for (let n = 0; n < 40; n++) answers.push(await guess())
  t.equal(answers[0], 401)
  t.equal(answers.at(-1), 429)
  t.equal(await status('GET', '/', { authorization: `Bearer ${token}` }), 200)
  t.equal(await status('GET', '/'), 401, 'without a token, a browser is still asked for one')
})

t.test('a listener that only shows refuses each action', async (t) => {
  const { send, status, counted } = await operated(t, { readOnly: true })
  t.equal(await status('POST', '/count'), 403)
  t.equal(await status('PUT', '/log-level'), 403)
  t.equal(await status('POST', '/profile/cpu'), 403)
  t.equal(counted(), 0)
  const response = await send('GET', '/status.json')
  t.equal(response.statusCode, 200)
})

t.test('options of the listener that cannot work stop the start', async (t) => {
  for (const [option, value] of [
    ['hosts', 'localhost'],
    ['hosts', ['http://localhost']],
    ['readOnly', 'yes'],
    ['allowShutdown', 1],
    ['recentRequests', 'no']
  ] as const) {
    await t.rejects(build(t, { management: { port: 0, [option]: value } as ManagementOptions }), {
      name: 'RangeError',
      code: 'INVALID_OPTION',
      message: new RegExp(`"management\\.${option}"`)
    })
  }
})
