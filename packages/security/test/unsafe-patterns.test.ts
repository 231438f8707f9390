import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import { securityServerOptions, validation, type ValidationOptions } from '../src/index.ts'
import { buildApp, ok, post } from './helpers.ts'

const build = (
  t: Test,
  options: ValidationOptions,
  routes: (app: FastifyInstance) => unknown,
  settings: FastifyServerOptions = securityServerOptions()
) => buildApp(t, validation, options, routes, settings)

const unsafe = [
  '^(a+)+$',
  '^([a-z]+)*$',
  '^(a|a)*$',
  '^(?:a|ab|b)*$',
  '^(\\w|\\d)+$',
  '^(.|x)*$',
  '(x+x+)+y',
  String.raw`^\s+|\s+$`,
  '^.*=.*;.*$',
  String.raw`(?<name>a+)+`,
  '^(?:(?:a)|(?:a))*$',
  '^((a|a))*$',
  '^(?:(?:a|ab)(?:c|bc))*$',
  '^(?:[а-я]|я)*$',
  String.raw`^(?:\p{L}|\u{44f})*$`,
  '^(?=.*x)(?:a|[a-c])+$',
  String.raw`^(a*)\1$`,
  '^a{1,9999}a{1,9999}$',
  `^${'a?'.repeat(24)}b$`
]
/** Patterns that are safe on short strings only, with a `maxLength` that is accepted and one that is rejected. */
const bounded: [string, number, number][] = [
  [String.raw`\s+$`, 1000, 10_000],
  [String.raw`\d+\d+$`, 100, 1000],
  ['^[a-z]+[a-z]+[a-z]+$', 300, 1000],
  ['x*x*x*$', 100, 300],
  [String.raw`^\S+@\S+\.\S+$`, 320, 1000]
]
const harmless = [
  '^[^@]+@[^@]+$',
  String.raw`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$`,
  String.raw`^(?:\.|[^.])*$`,
  '^a*(?:b|c)a*$',
  '^(?:(?:a|b)|c)*$',
  '^(?:я|ж)*$',
  '^[a-z]+$',
  '^(?:a|b)*$',
  String.raw`^\d{4}-\d{2}-\d{2}$`,
  '^(foo|bar)$',
  String.raw`^[\w.]{1,64}@x\.com$`
]

t.test('a pattern that can be made to run for seconds stops the start, anywhere in a schema', async (t) => {
  const start = async (schema: object, options: ValidationOptions = {}) =>
    build(t, options, (app) => app.post('/', { schema }, ok))
  for (const pattern of unsafe) {
    const body = { type: 'object', properties: { a: { type: 'array', items: { type: 'string', pattern } } } }
    await t.rejects(
      start({ body }),
      { message: /unsafe pattern at \/body\/properties\/a\/items\/pattern/ },
      pattern
    )
  }
  for (const pattern of harmless) {
    await t.resolves(start({ body: { type: 'string', pattern } }), pattern)
  }
  for (const [pattern, short, long] of bounded) {
    await t.resolves(start({ body: { type: 'string', pattern, maxLength: short } }), pattern)
    await t.rejects(start({ body: { type: 'string', pattern, maxLength: long } }), {
      message: /unsafe pattern at .*"maxLength" of \d+ at most/
    })
  }
  await t.rejects(start({ querystring: { type: 'object', patternProperties: { '^(a+)+$': {} } } }), {
    message: /the schema of POST \/ has an unsafe pattern/
  })
  await t.rejects(
    build(t, {}, (app) => {
      app.addSchema({ $id: 'shared', type: 'string', pattern: '^(a+)+$' })
      app.post('/', { schema: { body: { $ref: 'shared#' } } }, ok)
    }),
    { message: /a shared schema has an unsafe pattern/ }
  )
  await t.resolves(start({ body: { type: 'string', pattern: '^(a+)+$' } }, { unsafePatterns: 'warn' }))
})

t.test('accepted patterns come to an end on strings that are made to hurt them', async (t) => {
  const parts = ['a', 'a.', '0', ' ', 'foo', '@', '@.', 'x', '1.', 'я', '.']
  const accepted: [string, number][] = [
    ...harmless.map((pattern): [string, number] => [pattern, 200_000]),
    ...bounded.map(([pattern, short]): [string, number] => [pattern, short])
  ]
  const app = await build(t, {}, (app) =>
    accepted.forEach(([pattern, maxLength], index) =>
      app.post(`/${index}`, { schema: { body: { type: 'string', pattern, maxLength } } }, ok)
    )
  )
  for (const [index, [pattern, maxLength]] of accepted.entries()) {
    for (const part of parts) {
      const attack = `${part.repeat(maxLength).slice(0, maxLength - 2)}\n!`
      const { statusCode } = await post(app, JSON.stringify(attack), undefined, `/${index}`)
      t.ok(statusCode === 200 || statusCode === 400, `${pattern} on ${JSON.stringify(part)}`)
    }
  }
})
