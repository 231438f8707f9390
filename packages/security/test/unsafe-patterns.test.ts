import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { validation, type ValidationOptions } from '../src/index.ts'
import { buildApp, buildValidated, captureLog, ok, post } from './helpers.ts'

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
  String.raw`(?<name>a+)+b`,
  '^(?:(?:a)|(?:a))*$',
  '^((a|a))*$',
  '^(?:(?:a|ab)(?:c|bc))*$',
  '^(?:[а-я]|я)*$',
  String.raw`^(?:\p{L}|\u{44f})*$`,
  '^(?=.*x)(?:a|[a-c])+$',
  String.raw`^(a*)\1$`,
  '^a{1,9999}a{1,9999}$',
  `^${'a?'.repeat(24)}b$`,
  // Lazy and bounded repetitions inside others.
  String.raw`^(?:[a-z]|\w){1,10}_?(?:[a-z]|\w){1,10}_?(?:[a-z]|\w){1,10}$`,
  '^(?:[0-9]{1,6}?){1,9}?$',
  '^(?:(?:xy?){1,5}){1,15}z$',
  String.raw`^(?:\w+?[ ]?)+?$`,
  '^(.*;){12}$',
  '^((ab)*)*$',
  '(?=(a+)+$)b',
  '^(?:xyz|xy|z)*$',
  String.raw`^[\w.]+(?:[.]?\w+)*@\w+$`,
  // Counts, and beside them what grows without one.
  String.raw`^[ab]{1,100}[ab]{1,100}c|\s+$`,
  String.raw`^(?:[ab]{1,100}[ab]{1,100}c|x\d+\d+$)`
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
  String.raw`^[\w.]{1,64}@x\.com$`,
  '(?<name>a+)+',
  '^(?:a?){0,40}b$',
  // Patterns of ordinary apps.
  '^[a-z0-9]+(?:_[a-z0-9]+)*$',
  String.raw`^v?(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[\da-z-]+(?:\.[\da-z-]+)*)?$`,
  '^(?!-)[a-z0-9-]{1,63}(?<!-)$',
  String.raw`^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,24}$`,
  String.raw`^[\w.+-]+@(?:[a-z0-9-]+\.)+[a-z]{2,}$`,
  String.raw`^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.|$)){4}$`,
  String.raw`^\d{4}-(?:0[1-9]|1[0-2])-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d))?$`,
  '^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2,3})?$',
  '^[^,]+(?:,[^,]+)*$',
  String.raw`^(?=.*\d)(?=.*[a-z])(?=.*[A-Z]).{10,72}$`,
  String.raw`^(?!.*--)[a-z-]+$`,
  String.raw`^"(?:[^"\\]|\\.)*"$`,
  String.raw`\d`,
  '[a-z]+',
  String.raw`^(\d{3})\1$`,
  '^.{1,2000}$',
  // Counts make these slow on short strings only, and a list of words makes one long.
  String.raw`^https?:\/\/(?:www\.)?[-a-z0-9@:%._+~#=]{1,256}\.[a-z0-9()]{1,6}\b(?:[-a-z0-9()@:%_+.~#?&/=]*)$`,
  String.raw`[a-z]{1,64}@[a-z]{1,64}`,
  `^(?:${Intl.supportedValuesOf('timeZone')
    .join('|')
    .replaceAll('+', String.raw`\+`)})$`,
  `^(?:${Intl.supportedValuesOf('currency').join('|')})(?:,(?:${Intl.supportedValuesOf('currency').join('|')}))*$`
]

t.test('a pattern that can be made to run for seconds stops the start, anywhere in a schema', async (t) => {
  const start = async (schema: object, options: ValidationOptions = {}) =>
    buildValidated(t, options, (app) => app.post('/', { schema }, ok))
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
    buildValidated(t, {}, (app) => {
      app.addSchema({ $id: 'shared', type: 'string', pattern: '^(a+)+$' })
      app.post('/', { schema: { body: { $ref: 'shared#' } } }, ok)
    }),
    { message: /a shared schema has an unsafe pattern/ }
  )
  await t.resolves(start({ body: { type: 'string', pattern: '^(a+)+$' } }, { unsafePatterns: 'warn' }))
  await t.resolves(start({ body: { type: 'string', pattern: '^(a+)+$' } }, { unsafePatterns: 'ignore' }))
})

t.test('the message shows a string that takes long, and the ways out', async (t) => {
  const start = (schema: object, config = {}) => {
    const { lines, logger } = captureLog('warn')
    const routes = (app: FastifyInstance) => app.post('/:id', { config, schema }, ok)
    return buildApp(t, validation, { onMissingSchema: 'ignore' }, routes, { logger }).then(() => lines)
  }
  const body = { type: 'string', pattern: '^-(?:b|b)*$' }
  await t.rejects(start({ body }), {
    message:
      /for example on "-b+" \+ |for example on "-" \+ "b"\.repeat\(\d+\) \+ "[^b]"; rewrite it, or give the string a "maxLength" of \d+ at most, or .*unsafePatterns: 'warn'/
  })
  t.match(await start({ body }, { validation: { unsafePatterns: 'warn' } }), [
    /unsafe pattern at \/body\/pattern/
  ])
  t.same(await start({ body }, { validation: { unsafePatterns: 'ignore' } }), [])
  await t.rejects(start({ body }, { validation: { unsafePatern: 'warn' } }), {
    code: 'INVALID_OPTION',
    message: /"validation of \/:id.unsafePatern" is not an option/
  })

  // Of the square of the length: harmless where Fastify and Node bound the string.
  const trailing = { type: 'object', properties: { id: { type: 'string', pattern: '[.]+$' } } }
  t.same(await start({ params: trailing }), [])
  await t.rejects(start({ querystring: trailing }), { message: /"maxLength" of \d+ at most/ })
  t.same(await start({ response: { 200: { type: 'string', pattern: '^(a+)+$' } } }), [], 'not validated')
})

t.test('accepted patterns come to an end on strings that are made to hurt them', async (t) => {
  const parts = ['a', 'a.', '0', ' ', 'foo', '@', '@.', 'x', '1.', 'я', '.']
  const accepted: [string, number][] = [
    ...harmless.map((pattern): [string, number] => [pattern, 200_000]),
    ...bounded.map(([pattern, short]): [string, number] => [pattern, short])
  ]
  const app = await buildValidated(t, {}, (app) =>
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
