import Fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify'
import t from 'tap'
import {
  cors,
  headers,
  rateLimit,
  security,
  securityServerOptions,
  validation,
  type SecurityOptions
} from '../src/index.ts'

const start = async (options: object, config?: object) => {
  const app = Fastify()
  try {
    await app.register(security, options as SecurityOptions)
    if (config) app.get('/route', { config }, async () => 'ok')
    await app.ready()
  } finally {
    await app.close()
  }
}

const invalid: [object, string | RegExp][] = [
  [{ heders: {} }, 'security: "heders" is not an option, did you mean "headers"?'],
  ...['preflight', 'preflightContinue', 'strictPreflight', 'hideOptionsRoute'].map(
    (name): [object, string] => [
      { cors: { origin: 'https://a.example', [name]: 'false' } },
      `security: "cors.${name}" must be true or false, got 'false'`
    ]
  ),
  [{ cors: { delegator: true } }, /"cors.delegator" must be a function/],
  [{ cors: { logLevel: 5 } }, /"cors.logLevel" must be a non-empty string/],
  [{ cors: { cacheControl: true } }, /"cors.cacheControl" must be seconds or a header value/],
  [
    { rateLimit: { redis: { url: 'redis://h' } } },
    /"rateLimit.redis" must be options of ioredis, which has no "url"/
  ],
  [{ rateLimit: { hook: '' } }, /"rateLimit.hook" must be one of/],
  [{ rateLimit: { groupId: Symbol('a') } }, /"rateLimit.groupId" must be a non-empty string/],
  [{ cors: true }, 'security: "cors" must be an object or false, got true'],
  [
    { headers: { profile: 'web' } },
    /"headers.profile" must be one of 'auto', 'api', 'html', 'helmet', got 'web'/
  ],
  [{ helmet: false }, 'security: "helmet" is not an option, did you mean "headers"?'],
  [{ max: 100 }, 'security: "max" is not an option, did you mean "rateLimit.max"?'],
  [{ headers: { noSnif: true } }, 'security: "headers.noSnif" is not an option, did you mean "noSniff"?'],
  [{ headers: { permissionsPolicy: 'a\r\nb: c' } }, /"headers.permissionsPolicy" must be a header value/],
  [{ headers: { global: 'yes' } }, `security: "headers.global" must be true or false, got 'yes'`],
  [{ headers: { frameguard: { action: 'allow' } } }, /security: "headers": .*X-Frame-Options/],
  [
    { headers: { contentSecurityPolicy: { directives: { 'default-src': ['self'] } } } },
    /security: "headers": .*should be quoted/
  ],
  [{ cors: { origin: 'example.com' } }, /"cors.origin" must be an origin such as .* got 'example.com'/],
  [{ cors: { origin: 'https://example.com/' } }, /"cors.origin" must be an origin such as/],
  [{ cors: { origin: /example\.com/ } }, /"cors.origin" must be anchored/],
  [{ cors: { origin: /^https:\/\/a\.com|b\.com$/ } }, /"cors.origin" must be anchored/],
  [{ cors: { origin: /^https:\/\/a\.com$/m } }, /"cors.origin" must be anchored/],
  [{ cors: { origin: /^(a+)+$/ } }, /"cors.origin" must be a pattern that cannot be made to run for long/],
  [
    { cors: { origin: /^https:\/\/(?:(a)|a)*\.example\.com$/ } },
    /"cors.origin" must be a pattern that cannot/
  ],
  [{ cors: { origin: /^https:\/\/app.example\.com$/ } }, /"cors.origin" must be without dots that stand for/],
  [{ cors: { origin: /^https:\/\/.*example\.com$/ } }, /"cors.origin" must be without dots that stand for/],
  [{ cors: { origin: /^https:\/\/example\.com.*$/ } }, /"cors.origin" must be without dots that stand for/],
  [
    { cors: { origin: 'https://app.example.com:443' } },
    /must be as browsers write it, 'https:\/\/app.example.com'/
  ],
  [
    { cors: { origin: ['https://App.example.com'] } },
    /must be as browsers write it, 'https:\/\/app.example.com'/
  ],
  [{ cors: { origin: 'https://*.example.com' } }, /"cors.origin" must be without a wildcard/],
  [{ cors: { methods: ['GET', 'put'] } }, /"cors.methods" must be in capital letters.*got 'put'/],
  [{ cors: { allowedHeaders: ['x-a\r\nx-b'] } }, /"cors.allowedHeaders" must be a header name or a list/],
  [{ cors: { cacheControl: 'no-store\nx' } }, /"cors.cacheControl" must be seconds or a header value/],
  [
    { cors: { origin: 'https://a.com', credentials: true, allowedHeaders: '*' } },
    /"cors.allowedHeaders" must be a list of names: with "cors.credentials"/
  ],
  [{ cors: { origin: [() => true] } }, /"cors.origin" must be an origin such as .* got a function/],
  [{ cors: { origin: [true] } }, /"cors.origin" must be an origin such as .* got true/],
  [{ cors: { origin: 'null', credentials: true } }, /"cors.origin" must be a list of origins/],
  [
    { cors: { origin: ['https://a.com', 'null'], credentials: true } },
    /"cors.origin" must be a list of origins/
  ],
  [
    { cors: { origin: true, credentials: true } },
    /"cors.origin" must be a list of origins where "cors.credentials"/
  ],
  [{ cors: { origin: ['*'], credentials: true } }, /"cors.origin" must be a list of origins/],
  [
    { cors: { origin: 'https://a.com', maxAge: -1 } },
    /"cors.maxAge" must be a whole number of at least 0|seconds/
  ],
  [
    { cors: { optionsSuccessStatus: 404 } },
    /"cors.optionsSuccessStatus" must be a whole number from 200 to 299/
  ],
  [{ cors: { cacheControl: -1 } }, /"cors.cacheControl" must be a whole number of seconds, at least 0/],
  [{ rateLimit: { max: -1 } }, /"rateLimit.max" must be a whole number .*got -1/],
  [
    { rateLimit: { timeWindow: '60' } },
    /"rateLimit.timeWindow" must be milliseconds .* with a unit .* got '60'/
  ],
  [{ rateLimit: { timeWindow: 'soon' } }, /"rateLimit.timeWindow" must be milliseconds .* got 'soon'/],
  [
    { rateLimit: { allowList: ['localhost'] } },
    /"rateLimit.allowList" must list IP addresses or CIDR ranges, got "localhost"/
  ],
  [
    { rateLimit: { onStoreError: 'ignore' } },
    /"rateLimit.onStoreError" must be one of 'local', 'open', 'closed'/
  ],
  [{ rateLimit: { skipOnError: true, onStoreError: 'open' } }, /"rateLimit.skipOnError" must be left out/],
  [
    { rateLimit: { failuresOnly: [200] } },
    /"rateLimit.failuresOnly" must be a whole number from 400 to 599, got 200/
  ],
  [
    { rateLimit: { storeTimeout: 0 } },
    /"rateLimit.storeTimeout" must be a whole number of milliseconds from 1 to 10000/
  ],
  [{ rateLimit: { user: { max: 'many' } } }, /"rateLimit.user.max" must be a whole number/],
  [{ rateLimit: { cache: 0 } }, /"rateLimit.cache" must be/],
  [{ rateLimit: { cost: 0 } }, /"rateLimit.cost" must be/],
  [{ rateLimit: { maxx: 1 } }, 'security: "rateLimit.maxx" is not an option, did you mean "max"?'],
  [
    { rateLimit: { redis: 'redis://localhost' } },
    /"rateLimit.redis" must be a client of ioredis, of node-redis/
  ],
  [{ rateLimit: { redis: { sendCommand: () => 1 } } }, /"rateLimit.redis" must be a client of ioredis/],
  [{ rateLimit: { redis: new (class Other {})() } }, /"rateLimit.redis" must be a client of ioredis/],
  [{ validation: { maxDepth: 0 } }, /"validation.maxDepth" must be a whole number from 1 to 1000, got 0/],
  [{ validation: { boundaries: ['cookies'] } }, /"validation.boundaries" must be one of/],
  [
    { validation: { onMissingSchema: 'throw' } },
    /"validation.onMissingSchema" must be one of 'warn', 'error', 'ignore'/
  ],
  [{ trustProxy: true }, /"trustProxy" must be a list of addresses and CIDR ranges or false .*got true/],
  [{ trustProxy: 1 }, /"trustProxy" must be a list/],
  [
    { trustProxy: ['0.0.0.0/0'] },
    `security: "trustProxy" must be narrower than all addresses, got '0.0.0.0/0'`
  ],
  [
    { trustProxy: ['proxy.internal'] },
    /"trustProxy" must list IP addresses or CIDR ranges, got "proxy.internal"/
  ],
  [{ requestTimeout: 0 }, /"requestTimeout" must be a whole number of milliseconds/],
  [{ bodyLimit: -1 }, /"bodyLimit" must be/],
  [{ headersTimeout: 9000, requestTimeout: 5000 }, /"headersTimeout" must be 5000 milliseconds/]
]

t.test('a wrong option stops the start, with its name, the rule and the value', async (t) => {
  for (const [options, message] of invalid) {
    await t.rejects(
      start(options),
      { code: 'INVALID_OPTION', name: 'RangeError', message },
      JSON.stringify(options)
    )
  }
})

t.test('a wrong option of a route stops the start with the name of the route', async (t) => {
  const routes: [object, RegExp][] = [
    [{ rateLimit: { max: -5 } }, /"rateLimit of GET \/route\.max" must be/],
    [{ rateLimit: [] }, /"rateLimit of GET \/route" must be/],
    [{ rateLimit: [{ max: 1, windw: 2 }] }, /is not an option/],
    [{ headers: 'none' }, /"headers of \/route" must be an object or false/],
    [{ headers: { profile: 'x' } }, /"headers of \/route\.profile" must be one of/],
    [{ cors: { origin: 'nowhere' } }, /"cors of \/route\.origin" must be an origin/],
    [{ cors: { credentials: true, origin: true } }, /"cors of \/route\.origin" must be a list/]
  ]
  for (const [config, message] of routes) {
    await t.rejects(
      start({ cors: { origin: 'https://a.com' } }, config),
      { code: 'INVALID_OPTION', message },
      JSON.stringify(config)
    )
  }
})

t.test('options that are undefined count as absent', async (t) => {
  await start({
    headers: { profile: undefined, permissionsPolicy: undefined, hsts: undefined, global: undefined },
    cors: { origin: undefined, credentials: undefined },
    rateLimit: {
      max: undefined,
      timeWindow: undefined,
      user: undefined,
      redis: undefined,
      nameSpace: undefined
    },
    validation: { maxDepth: undefined, boundaries: undefined },
    trustProxy: undefined
  })
  t.match(securityServerOptions({ bodyLimit: undefined }), { bodyLimit: 1_048_576, trustProxy: false })
})

t.test('all plugins can be off', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(security, { headers: false, cors: false, rateLimit: false, validation: false })
  app.get('/', async () => 'ok')

  const { headers, statusCode } = await app.inject('/')
  t.equal(statusCode, 200)
  t.notHas(headers, { 'content-security-policy': /./ })
  t.notHas(headers, { 'x-ratelimit-limit': /./ })
})

t.test('a window is a number of milliseconds or a text with a unit', async (t) => {
  const windows: [number | string, number][] = [
    [1500, 1500],
    ['90s', 90_000],
    ['1 minute', 60_000],
    ['2 hours', 7_200_000],
    ['1.5 h', 5_400_000],
    ['1d', 86_400_000]
  ]
  for (const [timeWindow, milliseconds] of windows) {
    const app = Fastify()
    await app.register(security, { rateLimit: { timeWindow } })
    t.equal(app.security.limits?.()[0]?.timeWindow, milliseconds, String(timeWindow))
    await app.close()
  }
})

t.test('server options have no undefined and fit beside http2, https and logger', async (t) => {
  t.notOk(Object.values(securityServerOptions()).some((value) => value === undefined))
  const apps = [
    Fastify({ ...securityServerOptions(), http2: true }),
    Fastify({ ...securityServerOptions(), https: {} }),
    Fastify({ ...securityServerOptions(), logger: false })
  ] as unknown as FastifyInstance[]
  for (const app of apps) {
    await app.register(security, { logLevel: 'warn', logSerializers: {} })
    await app.ready()
    await app.close()
  }
})

t.test("each plugin takes the options of Fastify's register", async (t) => {
  for (const part of [headers, cors, rateLimit, validation] as FastifyPluginAsync[]) {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(part, { logLevel: 'warn', logSerializers: {}, prefix: '/x' })
    await app.ready()
    t.pass()
  }
})
