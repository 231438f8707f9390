import fastifyHelmet from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { headers, type HeadersOptions } from '../src/index.ts'
import { buildApp, createApp, exchange, getBytes, headerLines } from './helpers.ts'

const build = (t: Test, options: HeadersOptions = {}, routes?: (app: FastifyInstance) => void) =>
  buildApp(t, headers, options, routes)

t.test('each request has fresh nonces, in the policy and on the reply', async (t) => {
  const policies: HeadersOptions[] = [
    {},
    { profile: 'helmet' },
    { contentSecurityPolicy: { directives: { scriptSrc: ["'self'"], styleSrc: ["'self'"] } } },
    { contentSecurityPolicy: { directives: { 'script-src': ["'self'", () => 'https://cdn.example.com'] } } },
    { contentSecurityPolicy: { useDefaults: false, directives: { 'default-src': ["'self'"] } } },
    { contentSecurityPolicy: true }
  ]
  for (const [index, options] of policies.entries()) {
    const app = await build(t, { profile: 'html', ...options, enableCSPNonces: true }, (app) =>
      app.get('/', async (_request, reply) => reply.cspNonce)
    )
    const responses = await Promise.all([app.inject('/'), app.inject('/')])
    const nonces = new Set<string>()
    for (const response of responses) {
      const { script, style } = response.json<{ script: string; style: string }>()
      const policy = String(response.headers['content-security-policy'])
      t.match(policy, new RegExp(`script-src [^;]*'nonce-${script}'`), `${index} script`)
      t.match(policy, new RegExp(`style-src [^;]*'nonce-${style}'`), `${index} style`)
      t.match(script, /^[\da-f]{32}$/)
      nonces.add(script).add(style)
    }
    t.equal(nonces.size, 4, 'no nonce occurs twice')
  }
})

t.test('policies with nonces are those of @fastify/helmet, apart from the values', async (t) => {
  const options = {
    enableCSPNonces: true,
    contentSecurityPolicy: { directives: { scriptSrc: ["'self'"], 'img-src': ["'self'"] } }
  }
  const [theirs, ours] = [createApp(t), createApp(t)]
  await theirs.register(fastifyHelmet, options)
  await ours.register(headers, { profile: 'helmet', ...options })
  for (const app of [theirs, ours]) app.get('/', async () => ({ ok: true }))

  const withoutValues = (response: string) =>
    headerLines(response).map((line) => line.replace(/nonce-[\da-f]{32}/g, 'nonce'))
  t.same(
    withoutValues(await exchange(t, ours, getBytes('/'))),
    withoutValues(await exchange(t, theirs, getBytes('/')))
  )
})

t.test('a request keeps its nonce in all policies, and unknown routes have one too', async (t) => {
  const app = await build(t, { profile: 'html', enableCSPNonces: true }, (app) => {
    app.get('/', { config: { headers: { frameguard: false } } }, async (_request, reply) => {
      const { script } = reply.cspNonce
      reply.helmet({ frameguard: { action: 'sameorigin' } })
      return { before: script, after: reply.cspNonce.script }
    })
  })
  const answer = await app.inject('/')
  const { before, after } = answer.json<{ before: string; after: string }>()
  t.equal(before, after)
  t.match(answer.headers['content-security-policy'], new RegExp(`nonce-${before}`))
  t.match((await app.inject('/nowhere')).headers['content-security-policy'], /nonce-[\da-f]{32}/)
})

t.test('a policy function that throws is answered with 500', async (t) => {
  const failing = () => {
    throw new Error('no source')
  }
  const app = await build(t, { contentSecurityPolicy: { directives: { 'script-src': [failing] } } })
  t.equal((await app.inject('/')).statusCode, 500)
  t.equal((await app.inject('/nowhere')).statusCode, 500)
})
