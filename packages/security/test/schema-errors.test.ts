import Fastify from 'fastify'
import t from 'tap'
import { security } from '../src/index.ts'

/** The error with which the start of an app with a schema fails, `undefined` if it starts. */
async function startError(schema: unknown, plugged: boolean, ajv: object = {}): Promise<string | undefined> {
  const app = Fastify({ ajv })
  if (plugged) await app.register(security, { headers: false, rateLimit: false })
  app.get('/', { schema: { querystring: { type: 'object', properties: { it: schema } } } }, () => 'ok')
  try {
    await app.ready()
    return undefined
  } catch (error) {
    return (error as Error).message
  } finally {
    await app.close()
  }
}

const invalid: Record<string, unknown> = {
  'a type that does not exist': { type: 'text' },
  'an empty list of types': { type: [] },
  'a type twice': { type: ['string', 'string'] },
  'a negative length': { type: 'string', minLength: -1 },
  'half a length': { type: 'string', maxLength: 1.5 },
  'a length as text': { type: 'string', maxLength: '5' },
  'a limit as text': { type: 'number', minimum: '0' },
  'a divisor of zero': { type: 'number', multipleOf: 0 },
  'a pattern that does not compile': { type: 'string', pattern: '(' },
  'a pattern with the anchor of another dialect': { type: 'string', pattern: 'a\\Z' },
  'a title that is a number': { type: 'string', title: 1 },
  'a reference with a space': { $ref: '#/definitions/a b' },
  'a required name twice': { type: 'object', required: ['a', 'a'], properties: { a: {} } },
  'a required name that is a number': { type: 'object', required: [1] },
  'an empty enum': { enum: [] },
  'a value of an enum twice': { enum: ['a', 'a'] },
  'an object of an enum twice': { enum: [{ a: 1 }, { a: 1 }] },
  'properties in a list': { type: 'object', properties: [{ type: 'string' }] },
  'a property that is no schema': { type: 'object', properties: { a: 'string' } },
  'an empty list of alternatives': { anyOf: [] },
  'an alternative that is no schema': { anyOf: [{ type: 'string' }, 'null'] },
  'items that are no schema': { type: 'array', items: 'string' },
  'a negation that is no schema': { not: 'string' },
  'a wrong keyword in a wrong place below': { allOf: [{ if: { minLength: 'a' }, else: true }] },
  'a keyword that Ajv does not know': { type: 'string', maximumLength: 5 }
}

t.test('an invalid schema stops the start with the error of Fastify', async (t) => {
  for (const [name, schema] of Object.entries(invalid)) {
    const expected = await startError(schema, false)
    t.type(expected, 'string', `${name} is invalid`)
    t.equal(await startError(schema, true), expected, name)
  }
})

const valid: Record<string, unknown> = {
  'no rule': {},
  'a boolean': true,
  'several types': { type: ['string', 'null'] },
  'all rules of a text': {
    type: 'string',
    minLength: 0,
    maxLength: 5,
    pattern: '^\\p{L}+$',
    format: 'email',
    title: 'a'
  },
  'all rules of a number': {
    type: 'number',
    minimum: 0,
    exclusiveMaximum: 5,
    multipleOf: 0.5,
    default: 1,
    examples: [1]
  },
  'a list': { type: 'array', items: { type: 'string', enum: ['a', 'b'] }, maxItems: 5, uniqueItems: true },
  alternatives: { anyOf: [{ type: 'string' }, { const: 1 }], not: { const: 2 } },
  'objects in an enum': { enum: [{ a: 1 }, { a: 2 }] },
  'a reference': { $ref: '#/properties/it/definitions/a', definitions: { a: { type: 'string' } } },
  dependencies: { type: 'object', properties: { a: {}, b: {} }, dependencies: { a: ['b'] } },
  'members that are not set': { type: 'string', minLength: undefined, pattern: undefined }
}

t.test('a valid schema starts as with Fastify alone', async (t) => {
  for (const [name, schema] of Object.entries(valid)) {
    t.equal(await startError(schema, false), undefined, `${name} is valid`)
    t.equal(await startError(schema, true), undefined, name)
  }
})

t.test("the app's own rules for schemas apply", async (t) => {
  const meta = {
    $id: 'https://example.com/meta',
    type: ['object', 'boolean'],
    properties: { minLength: { maximum: 3 }, properties: { additionalProperties: { $ref: '#' } } }
  }
  const ajv = { customOptions: { meta } }
  const schema = { type: 'string', minLength: 4 }
  const expected = await startError(schema, false, ajv)
  t.match(expected, /schema is invalid/)
  t.equal(await startError(schema, true, ajv), expected)
})
