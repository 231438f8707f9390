import { randomBytes } from 'node:crypto'
import swagger from '@fastify/swagger'
import { Validator } from '@seriousme/openapi-schema-validator'
import Fastify, { type FastifyInstance } from 'fastify'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { auth, type AuthOptions, type OpenApiOptions, type SchemeExpression } from '../src/index.ts'
import { secret } from './helpers.ts'

interface Operation {
  security?: Record<string, string[]>[]
  responses: Record<string, { description: string; content?: object; headers?: object; schema?: object }>
}
interface Document {
  paths: Record<string, Record<string, Operation>>
  components?: { securitySchemes?: Record<string, unknown> }
  securityDefinitions?: Record<string, unknown>
}

const ok = async () => ({ ok: true })

interface Settings {
  document?: object
  openApi?: OpenApiOptions
  auth?: AuthOptions
  /** Whether @fastify/swagger is registered first. */
  first?: boolean
}

/** The document of an app, which the validator has accepted. */
async function documentOf(
  t: Test,
  routes: (app: FastifyInstance) => void,
  settings: Settings = {}
): Promise<Document> {
  const app = Fastify()
  t.teardown(() => app.close())
  const info = { title: 'orders', version: '1.0.0' }
  const document = settings.document ?? { openapi: { openapi: '3.1.0', info } }
  const withAuth = () =>
    app.register(auth, {
      jwt: { secret },
      apiKeys: { find: () => undefined },
      session: { key: randomBytes(32) },
      roles: { admin: ['editor'], editor: [] },
      ...settings.auth
    })
  if (settings.first) {
    // Its options may be a function, which is called when auth has been loaded.
    const transform: OpenApiOptions['transform'] = (route) =>
      app.auth.openApi(settings.openApi).transform(route)
    await app.register(swagger, { ...document, transform })
    await withAuth()
  } else {
    await withAuth()
    await app.register(swagger, { ...document, ...app.auth.openApi(settings.openApi) })
  }
  routes(app)
  await app.ready()
  const result = app.swagger() as unknown as Document
  const { valid, errors } = await new Validator().validate(structuredClone(result) as never)
  t.ok(valid, JSON.stringify(errors))
  return result
}

const get = (document: Document, url: string): Operation => document.paths[url]!['get']!

t.test('routes have the schemes, scopes and rejections of their rules', async (t) => {
  const document = await documentOf(t, (app) => {
    app.get('/public', { config: { auth: false } }, ok)
    app.get('/unmarked', ok)
    app.get('/any/:id', { config: { auth: true } }, ok)
    app.get('/jwt', { config: { auth: { schemes: 'jwt', scopes: ['orders:read', 'orders:write'] } } }, ok)
    app.get('/all', { config: { auth: { schemes: { all: ['jwt', { any: ['apiKey', 'session'] }] } } } }, ok)
    app.get('/optional', { config: { auth: { optional: true, schemes: 'apiKey' } } }, ok)
    app.get('/admin', { onRequest: app.authorize('admin') }, ok)
    app.get('/step', { config: { auth: { schemes: 'jwt', maxAge: '5m' } } }, ok)
    app.register(async (area) => {
      area.addHook('preHandler', app.authorize('editor'))
      area.get('/area', { config: { auth: { schemes: 'jwt', scopes: 'orders:read' } } }, ok)
    })
  })
  t.same(document.components?.securitySchemes, {
    jwt: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
    apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
    session: { type: 'apiKey', in: 'cookie', name: '__Host-session' }
  })
  const security = (url: string) => get(document, url).security
  const statuses = (url: string) => Object.keys(get(document, url).responses).join()
  t.same(security('/public'), [])
  t.equal(security('/unmarked'), undefined)
  t.same(security('/any/{id}'), [{ jwt: [] }, { apiKey: [] }, { session: [] }])
  t.same(security('/jwt'), [{ jwt: ['orders:read', 'orders:write'] }])
  t.same(security('/all'), [
    { jwt: [], apiKey: [] },
    { jwt: [], session: [] }
  ])
  t.same(security('/optional'), [{ apiKey: [] }, {}])
  t.same(security('/area'), [{ jwt: ['orders:read'] }], 'the guard of the scope accepts that too')
  t.equal(statuses('/public'), '200')
  t.equal(statuses('/any/{id}'), '200,401')
  t.equal(statuses('/jwt'), '200,401,403')
  t.equal(statuses('/admin'), '200,401,403')
  t.equal(statuses('/area'), '200,401,403')
  t.match(get(document, '/area').responses['403']?.description, /a role of editor, and the scope orders:read/)
  t.match(get(document, '/step').responses['401']?.description, /newer or stronger/)
  t.ok(get(document, '/any/{id}').responses['401']?.headers)
})

t.test('tokens that are bound to a key have a scheme of their own', async (t) => {
  const routes = (app: FastifyInstance) => void app.get('/', { config: { auth: { schemes: 'jwt' } } }, ok)
  const baseUrl = 'https://api.example.com'
  for (const required of [false, true]) {
    const settings = { auth: { jwt: { secret, dpop: { baseUrl, required } } } }
    const document = await documentOf(t, routes, settings)
    const bearer = required ? [] : [{ jwt: [] }]
    t.same(get(document, '/').security, [...bearer, { jwtDpop: [] }])
    t.match(document.components?.securitySchemes, { jwtDpop: { type: 'http', scheme: 'dpop' } })
    t.equal('jwt' in document.components!.securitySchemes!, !required)
  }
})

t.test('members that a route has itself stay, and its schema is not changed', async (t) => {
  const response = { 200: { type: 'object' }, 403: { type: 'string', description: 'mine' } } as const
  const schema = { security: [{ apiKey: [] }], response, tags: ['orders'] }
  const before = JSON.stringify(schema)
  const document = await documentOf(
    t,
    (app) => {
      app.get('/own', { schema, config: { auth: { roles: 'admin' } } }, ok)
      app.get('/general', { schema: { response: { '4xx': { type: 'object', description: 'error' } } }, config: { auth: true } }, ok) // prettier-ignore
    },
    { openApi: { errorSchema: { type: 'object', properties: { code: { type: 'string' } } } } }
  )
  t.equal(JSON.stringify(schema), before)
  const { security, responses } = get(document, '/own')
  t.same(security, [{ apiKey: [] }])
  t.equal(responses['403']?.description, 'mine')
  t.match(responses['401']?.content, { 'application/json': { schema: { properties: { code: {} } } } })
  t.match(get(document, '/general').responses['401']?.content, {
    'application/json': { schema: { type: 'object' } }
  })
})

t.test('in OpenAPI 3.0 only schemes of OAuth have scopes', async (t) => {
  const routes = (app: FastifyInstance) =>
    void app.get('/', { config: { auth: { schemes: ['jwt', 'apiKey'], scopes: 'orders:read' } } }, ok)
  const document = { openapi: { openapi: '3.0.3', info: { title: 'orders', version: '1' } } }
  t.same(get(await documentOf(t, routes, { document }), '/').security, [{ jwt: [] }, { apiKey: [] }])
  const openIdConnectUrl = 'https://id.example.com/.well-known/openid-configuration'
  const securitySchemes = { jwt: { type: 'openIdConnect', openIdConnectUrl } }
  const withProvider = await documentOf(t, routes, { document, openApi: { securitySchemes } })
  t.same(get(withProvider, '/').security, [{ jwt: ['orders:read'] }, { apiKey: [] }])
  t.match(withProvider.components?.securitySchemes, securitySchemes)
})

t.test('Swagger 2.0 gets the schemes in its words', async (t) => {
  const document = await documentOf(t, (app) => void app.get('/', { config: { auth: true } }, ok), {
    document: { swagger: { info: { title: 'orders', version: '1' } } }
  })
  t.match(document.securityDefinitions, { jwt: { type: 'apiKey', in: 'header', name: 'Authorization' } })
  t.same(get(document, '/').security, [{ jwt: [] }, { apiKey: [] }, { session: [] }])
})

t.test("the app's transform and schemes stay, in any order of registration", async (t) => {
  const components = { securitySchemes: { mtls: { type: 'mutualTLS' }, jwt: { type: 'http', scheme: 'bearer', description: 'mine' } } } // prettier-ignore
  const openapi = { openapi: '3.1.0', info: { title: 'orders', version: '1' }, components }
  const before = structuredClone(openapi)
  for (const first of [true, false]) {
    const document = await documentOf(
      t,
      (app) => {
        app.get('/v1/orders', { config: { auth: { schemes: 'jwt' } } }, ok)
        app.get('/with-id', { schema: { operationId: 'one' }, config: { auth: true } }, ok)
      },
      {
        first,
        document: { openapi, exposeHeadRoutes: true },
        openApi: { transform: ({ schema, url }) => ({ schema, url: url.replace('/v1', '') }) },
        auth: { session: false, jwt: { secret, cookie: 'token' } }
      }
    )
    t.same(get(document, '/orders').security, [{ jwt: [] }, { jwtCookie: [] }])
    t.same(Object.keys(document.components!.securitySchemes!).toSorted(), [
      'apiKey',
      'jwt',
      'jwtCookie',
      'mtls'
    ])
    t.match(document.components?.securitySchemes, components.securitySchemes)
    t.equal(
      document.paths['/with-id']!['head']!.security!.length,
      3,
      'a HEAD route that has another operationId'
    )
  }
  t.same(openapi, before)
})

t.test('the document accepts exactly what the guards accept, for any expression of schemes', async (t) => {
  const names = ['jwt', 'apiKey', 'session'] as const
  const { expression } = fc.letrec<{ expression: SchemeExpression }>((tie) => {
    const several = fc.array(tie('expression'), { minLength: 1, maxLength: 3 })
    return {
      expression: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom(...names),
        several,
        several.map((any) => ({ any })),
        several.map((all) => ({ all }))
      )
    }
  })
  const accepts = (schemes: SchemeExpression, has: readonly string[]): boolean => {
    if (typeof schemes === 'string') return has.includes(schemes)
    if ('all' in schemes) return schemes.all.every((each) => accepts(each, has))
    return ('any' in schemes ? schemes.any : schemes).some((each) => accepts(each, has))
  }
  const all = fc.sample(expression, 60)
  const document = await documentOf(t, (app) => {
    for (const [index, schemes] of all.entries()) app.get(`/${index}`, { config: { auth: { schemes } } }, ok)
  })
  for (const [index, schemes] of all.entries()) {
    const { security } = get(document, `/${index}`)
    for (let bits = 0; bits < 8; bits++) {
      const has = names.filter((_name, at) => bits & (1 << at))
      const documented = security!.some((needed) =>
        Object.keys(needed).every((name) => has.includes(name as 'jwt'))
      )
      t.equal(documented, accepts(schemes, has), `${JSON.stringify(schemes)} with ${has.join()}`)
    }
  }
})

t.test('rejections refer to a shared schema of errors', async (t) => {
  for (const openapi of ['3.0.3', '3.1.0']) {
    const document = await documentOf(
      t,
      (app) => {
        app.addSchema({ $id: 'Failure', type: 'object', properties: { code: { type: 'string' } } })
        app.get('/', { config: { auth: { roles: 'admin' } } }, ok)
      },
      {
        document: { openapi: { openapi, info: { title: 'orders', version: '1' } } },
        openApi: { errorSchema: { content: { 'application/json': { schema: { $ref: 'Failure#' } } } } }
      }
    )
    const { responses } = get(document, '/')
    for (const status of ['401', '403'])
      t.match(responses[status]?.content, {
        'application/json': { schema: { $ref: /^#\/components\/schemas\// } }
      })
    t.match(responses['403']?.description, /a role of admin/)
  }
})

t.test('wrong options are rejected', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(auth, { jwt: { secret } })
  for (const options of [
    { transform: true },
    { securitySchemes: { oauth: {} } },
    { errorSchema: 'x' },
    { schemes: {} }
  ])
    t.throws(() => app.auth.openApi(options as never), { code: 'INVALID_OPTION' })
})
