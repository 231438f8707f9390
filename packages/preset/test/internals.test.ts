// The private parts of Fastify and fastify-plugin, in the installed versions.
import Fastify from 'fastify'
import fp from 'fastify-plugin'
import t from 'tap'
import { constructorOptions, isFastifyDefault, missingInternals, pluginName } from '../src/internals.ts'

const plugin = fp(async () => undefined, { name: 'a-plugin' })

t.test('no private part is missing', async (t) => {
  t.strictSame(missingInternals(Fastify(), plugin), [])
})

t.test('the options of the constructor are found', async (t) => {
  t.match(constructorOptions(Fastify({ requestTimeout: 5 })), { requestTimeout: 5 })
})

t.test("Fastify's default functions are distinguished from the app's", async (t) => {
  const { clientErrorHandler, genReqId } = constructorOptions(Fastify()) ?? {}
  // An option without a default is undefined; a default must be one of the functions that are recognised.
  for (const value of [clientErrorHandler, genReqId]) t.ok(value === undefined || isFastifyDefault(value))
  const options = constructorOptions(Fastify({ genReqId: () => 'id', clientErrorHandler: () => undefined }))
  t.notOk(isFastifyDefault(options?.genReqId))
  t.notOk(isFastifyDefault(options?.clientErrorHandler))
})

t.test('the name of a plugin is found, also in a module', async (t) => {
  t.equal(pluginName(plugin), 'a-plugin')
  t.equal(pluginName({ default: plugin }), 'a-plugin')
  t.equal(
    pluginName(async () => undefined),
    undefined
  )
  t.equal(pluginName(undefined), undefined)
})

t.test('missing parts are named with their consequence', async (t) => {
  t.match(missingInternals({} as never, {}), [/^fastify\.options /, /^plugin-meta /])
})

t.test('a child instance has the options of the constructor too', async (t) => {
  const app = Fastify({ bodyLimit: 4096 })
  t.teardown(() => app.close())
  await app.register(async (child) => {
    t.match(constructorOptions(child), { bodyLimit: 4096 })
  })
  await app.ready()
})
