import { randomBytes } from 'node:crypto'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { auth } from '../src/index.ts'
import { cookieOf } from './helpers.ts'
import { build } from './special-provider.ts'

/** An app whose provider sends the browser back by a form, and the browser. */
async function formApp(t: Test) {
  const options = { responseMode: 'form_post', callbackUrl: 'https://shop.example/callback' } as const
  const made = await build(t, {}, '', options)
  const start = async () => {
    const response = await made.app.inject('/login/op?returnTo=/cart')
    const { searchParams } = new URL(String(response.headers.location))
    made.state.nonce = searchParams.get('nonce')!
    return { response, searchParams, state: searchParams.get('state')! }
  }
  const post = (fields: Record<string, string>, cookie: string) =>
    made.app.inject({
      method: 'POST',
      url: '/callback',
      payload: new URLSearchParams(fields).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        origin: 'https://appleid.apple.com',
        'sec-fetch-site': 'cross-site',
        cookie
      }
    })
  return { ...made, start, post }
}

t.test('a provider that answers by a form is asked for it, and its form logs the user in', async (t) => {
  const { start, post, identities } = await formApp(t)
  const { response, searchParams, state } = await start()
  t.equal(searchParams.get('response_mode'), 'form_post')
  t.match(response.headers['set-cookie'], /^__Host-login-op-.*; HttpOnly; Secure; SameSite=None$/)

  const { statusCode, headers } = await post({ code: 'c', state }, cookieOf(response.headers))
  t.equal(statusCode, 303, 'the next request is GET')
  t.equal(headers.location, '/cart')
  t.match(String(headers['set-cookie']), /session=/)
  t.match(identities, [{ subject: 'ada', name: undefined }])
})

t.test('the name that Apple sends once, with the first login, is the name of the user', async (t) => {
  const { start, post, identities } = await formApp(t)
  const login = async (user?: string) => {
    const { response, state } = await start()
    const fields = { code: 'c', state, ...(user === undefined ? {} : { user }) }
    t.equal((await post(fields, cookieOf(response.headers))).statusCode, 303)
  }
  const user = { name: { firstName: 'Ada', lastName: 'Lovelace' }, email: 'eve@example.com' }
  await login(JSON.stringify(user))
  await login()
  for (const text of ['{', 'null', '[]', '"Ada"', '{"name":5}', '{"name":{"firstName":{}}}'])
    await login(text)
  t.match(identities[0], { name: 'Ada Lovelace', verifiedEmail: undefined, claims: { sub: 'ada', user } })
  for (const { name } of identities.slice(1)) t.equal(name, undefined)
})

t.test('a form without the login of this browser is rejected', async (t) => {
  const { start, post, identities, seen } = await formApp(t)
  const { response, state } = await start()
  const cookie = cookieOf(response.headers)
  for (const [fields, cookies] of [
    [{ code: 'c', state }, ''],
    [{ code: 'c', state: 'x'.repeat(43) }, cookie],
    [{ code: 'c' }, cookie],
    [{}, cookie]
  ] as [Record<string, string>, string][]) {
    const answer = await post(fields, cookies)
    t.equal(answer.statusCode, 400)
    t.match(answer.json(), { code: 'AUTH_STATE_INVALID' })
  }
  t.equal(identities.length, 0)
  t.equal(seen.length, 0)
})

t.test('an error in the form is no login', async (t) => {
  const { start, post } = await formApp(t)
  const { response, state } = await start()
  const answer = await post({ error: 'user_cancelled_authorize', state }, cookieOf(response.headers))
  t.equal(answer.statusCode, 401)
  t.match(answer.json(), { code: 'AUTH_LOGIN_REJECTED' })
})

t.test('with a form there is no callback by GET, and without one none by POST', async (t) => {
  const { app } = await formApp(t)
  t.equal((await app.inject('/callback?code=c&state=s')).statusCode, 404)
  const other = await build(t)
  t.equal((await other.app.inject({ method: 'POST', url: '/callback' })).statusCode, 404)
})

t.test('a form needs a callback by https, because its cookie does', async (t) => {
  const op = {
    issuer: 'https://id.example',
    clientId: 'app',
    clientSecret: 'a secret of the app',
    callbackUrl: 'http://127.0.0.1/callback',
    responseMode: 'form_post' as const,
    onLogin: () => undefined
  }
  const app = Fastify()
  t.teardown(() => app.close())
  await t.rejects(async () => app.register(auth, { session: { key: randomBytes(32) }, oauth2: { op } }), {
    code: 'INVALID_OPTION',
    message: /"oauth2.op.responseMode"/
  })
})
