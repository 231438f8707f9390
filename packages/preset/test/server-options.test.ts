import './parts.ts'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import Fastify, { type FastifyInstance } from 'fastify'
import Fastify4 from 'fastify4'
import Fastify5 from 'fastify5'
import { pino } from 'pino'
import t from 'tap'
import { certificate } from './certificates.ts'
import { fromEnv, seaworthy, serverOptions } from '../src/index.ts'
import { requiredVersions, versionProblems } from '../src/load/required-versions.ts'

/** The method that all majors of Fastify have. */
interface OldApp {
  register(plugin: unknown): PromiseLike<unknown>
}

/** A stream that keeps the log lines. */
const lines = () => {
  const written: string[] = []
  return { written, stream: { write: (line: string) => void written.push(line) } }
}

t.test('the result has only keys that are set, and none of a part that is off', async (t) => {
  const all = serverOptions() as Record<string, unknown>
  t.notOk(Object.values(all).includes(undefined))
  t.notOk('loggerInstance' in all)
  const off = { observability: false, errors: false, shutdown: false, security: false } as const
  t.strictSame(serverOptions(off), {})
  t.strictSame(serverOptions(off, { bodyLimit: 5 }), { bodyLimit: 5 })
})

t.test("the app's own logger settings, HTTP and router options are merged key by key, and win", async (t) => {
  const { written, stream } = lines()
  const options = serverOptions(fromEnv({}), {
    logger: { level: 'debug', stream, serializers: { order: () => 'an order' } },
    http: { keepAlive: true, headersTimeout: 9000 },
    routerOptions: { caseSensitive: false }
  })
  t.match(options.http, { keepAlive: true, headersTimeout: 9000, connectionsCheckingInterval: Number })
  t.match(options.routerOptions, { caseSensitive: false, maxParamLength: 100 })

  const app = Fastify(options)
  t.teardown(() => app.close())
  await app.register(seaworthy)
  app.log.debug({ order: 7, req: { method: 'GET', url: '/?token=x' } }, 'seen')
  const line = written.find((text) => text.includes('"seen"')) ?? '{}'
  t.match(JSON.parse(line), { order: 'an order', req: { method: 'GET' } })
  t.notMatch(line, 'token=x', "the part's serializers stay")
  t.strictSame(app.seaworthy.report().missing, [])
})

t.test("the app's values replace the parts' defaults", async (t) => {
  t.match(serverOptions({}, { bodyLimit: 5, requestTimeout: 7, trustProxy: ['10.0.0.0/8'] }), {
    bodyLimit: 5,
    requestTimeout: 7,
    trustProxy: ['10.0.0.0/8']
  })
  t.equal(serverOptions({}, { logger: false }).logger, false)
  t.type(serverOptions({}, { logger: true }).logger, 'object', 'the settings of the part')
})

t.test('a server that speaks TLS has the timeouts of the part too', async (t) => {
  const options = serverOptions({}, { https: { maxHeaderSize: 9000 }, logger: false })
  t.match(options.https, { maxHeaderSize: 9000, headersTimeout: 15_000 })
  const app = Fastify(options)
  t.teardown(() => app.close())
  await app.register(seaworthy)
  await app.ready()
  t.equal((app.server as unknown as { headersTimeout: number }).headersTimeout, 15_000)
})

for (const [name, build] of [
  ['HTTP/2', () => Fastify({ ...serverOptions(), http2: true, logger: false })],
  ['HTTPS', () => Fastify({ ...serverOptions(), https: {}, logger: false })],
  ['HTTP/2 over TLS', () => Fastify(serverOptions({}, { http2: true, https: {}, logger: false }))]
] as const) {
  t.test(`the preset starts on ${name}`, async (t) => {
    const app = build() as unknown as FastifyInstance
    t.teardown(() => app.close())
    await app.register(seaworthy)
    await app.ready()
    t.strictSame(app.seaworthy.report().missing, [])
  })
}

t.test("a logger that the app made is used, from the app's options or the part's", async (t) => {
  const make = () => {
    const { written, stream } = lines()
    return { written, loggerInstance: pino({}, stream) }
  }
  const [first, second] = [make(), make()]
  for (const [{ written }, options] of [
    [first, serverOptions(fromEnv({}), { loggerInstance: first.loggerInstance })],
    [second, serverOptions({ observability: { loggerInstance: second.loggerInstance } })]
  ] as const) {
    const app = Fastify(options)
    t.teardown(() => app.close())
    await app.register(seaworthy)
    await app.ready()
    t.match(written.join(''), /"msg":"seaworthy: on: /)
  }
})

for (const [appOptions, message] of [
  [{ genReqId: () => 'x' }, /"genReqId" is set by a part.*"observability\.correlation"/],
  [{ requestIdHeader: 'x-id' }, /"requestIdHeader".*"observability\.correlation\.header"/],
  [{ disableRequestLogging: true }, /"disableRequestLogging".*"observability\.logging"/],
  [{ frameworkErrors: () => undefined }, /"frameworkErrors".*app\.setErrorHandler/],
  [{ bodyLimit: 20 }, /"bodyLimit" is set here and in "security\.bodyLimit"/],
  [{ logger: {}, loggerInstance: {} }, /"logger" and "loggerInstance" are both set/]
] as const) {
  t.test(`rejects ${Object.keys(appOptions).join(' and ')} instead of losing it silently`, async (t) => {
    t.throws(() => serverOptions({ security: { bodyLimit: 10 } }, appOptions as never), {
      name: 'RangeError',
      code: 'INVALID_OPTION',
      message
    })
  })
}

t.test('the same value in both places is allowed', async (t) => {
  const config = fromEnv({ TRUST_PROXY: '10.0.0.0/8' })
  t.doesNotThrow(() => serverOptions(config, { trustProxy: ['10.0.0.0/8'] }))
  t.throws(() => serverOptions(config, { trustProxy: ['192.0.2.1'] }), { message: /"trustProxy"/ })
})

for (const [name, options] of [
  ['security.headersTimeout', { security: { headersTimeout: 5000 } }],
  ['security.maxParamLength', { security: { maxParamLength: 500 } }],
  ['security.requestTimeout', { security: { requestTimeout: 30_000 } }],
  ['security.bodyLimit', { security: { bodyLimit: 4_194_304 } }],
  ['security.trustProxy', { security: { trustProxy: ['10.0.0.0/8'] } }]
] as const) {
  t.test(`${name} is an error where serverOptions() was called without it`, async (t) => {
    const app = Fastify(serverOptions()) as unknown as FastifyInstance
    t.teardown(() => app.close())
    await t.rejects(async () => app.register(seaworthy, options as never), {
      code: 'INVALID_OPTION',
      message: new RegExp(`"${name}".*Fastify\\(serverOptions\\(options\\)\\)`)
    })
  })

  t.test(`${name} is applied where serverOptions() has it`, async (t) => {
    const app = Fastify(serverOptions(options as never)) as unknown as FastifyInstance
    t.teardown(() => app.close())
    await app.register(seaworthy, options as never)
    await app.ready()
    t.strictSame(app.seaworthy.report().missing, [])
  })
}

t.test('a certificate and a logger that only register has are an error', async (t) => {
  const { cert, key } = certificate(t, 'app')
  const { stream } = lines()
  for (const [name, options] of [
    ['tls', { tls: { cert, key } }],
    ['observability.logger', { observability: { logger: { level: 'debug' } } }],
    ['observability.loggerInstance', { observability: { loggerInstance: pino(stream) } }]
  ] as const) {
    const app = Fastify()
    t.teardown(() => app.close())
    await t.rejects(async () => app.register(seaworthy, options as never), {
      code: 'INVALID_OPTION',
      message: `seaworthy: "${name}" can be applied only by the constructor`
    })
  }
  for (const [constructor, logger] of [
    [{}, false],
    [serverOptions({ observability: { logger: { level: 'silent' } } }), { level: 'silent' }]
  ] as const) {
    const silent = Fastify(constructor as object)
    t.teardown(() => silent.close())
    await silent.register(seaworthy, { observability: { logger } })
    t.ok(silent.hasDecorator('seaworthy'))
  }
})

t.test("the constructor's options print no private key", async (t) => {
  const { cert, key } = certificate(t, 'app')
  const pem = readFileSync(key, 'utf8')
  for (const options of [serverOptions({ tls: { cert, key } }), serverOptions({}, { https: { key: pem } })]) {
    t.equal((options as { https: { key: string } }).https.key, pem)
    t.notMatch(inspect(options, { depth: 9 }) + JSON.stringify(options), 'PRIVATE KEY')
  }
})

t.test('the required versions are those in package.json', async (t) => {
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'))
  t.strictSame(requiredVersions, { node: manifest.engines.node, fastify: manifest.peerDependencies.fastify })
  for (const version of ['20.19.0', '22.11.0', '23.1.0', '25.0.0'])
    t.match(versionProblems(version, '5.12.8'), [/needs Node .* and this is Node \d/], version)
  for (const version of ['22.12.0', '24.0.0', '26.3.1', '28.0.0'])
    t.strictSame(versionProblems(version, '5.12.8'), [], version)
})

for (const [version, old] of [
  ['4.29.1', Fastify4],
  ['5.0.0', Fastify5]
] as const) {
  t.test(`on Fastify ${version} one line names the required and the installed version`, async (t) => {
    const app = (old as unknown as () => OldApp)()
    const error = await Promise.resolve(app.register(seaworthy)).then(
      () => undefined,
      (reason: unknown) => reason as Error
    )
    t.match(error?.message, `needs Fastify ^5.12.0, and this is Fastify ${version}`)
    t.notMatch(error?.stack, /^ *at /m)
  })
}

t.test('the stack of an invalid option begins with the line of the app', async (t) => {
  const thrown = t.throws(() => serverOptions({ observabilty: {} } as never), { code: 'INVALID_OPTION' })
  const [message = '', line = ''] = (thrown as Error).stack!.split('\n')
  t.match(message, '"observabilty" is not an option')
  t.match(line, import.meta.filename)
})

t.test('on an older Node serverOptions throws an error of one line', async (t) => {
  const source = `Object.defineProperty(process.versions, 'node', { value: '20.19.0' })
    const { serverOptions } = await import('${join(import.meta.dirname, '../src/index.ts')}')
    try { serverOptions() } catch (error) { console.log(error.stack) }`
  const args = ['--conditions=@seaworthy/source', '--input-type=module', '-e', source]
  const env = { ...process.env, NODE_OPTIONS: '--disable-warning=ExperimentalWarning' }
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', env, cwd: import.meta.dirname })
  t.match(stdout, /^UnsupportedVersionError: .* needs Node .*, and this is Node 20\.19\.0\n$/)
})
