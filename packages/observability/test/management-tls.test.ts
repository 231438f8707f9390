import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { get } from 'node:https'
import { join } from 'node:path'
import { commandPath, temporaryFolder } from '@seaworthy/testing'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { observability } from '@seaworthy/observability'

/** A certificate that is valid today, and its key. */
function certificate(t: Test) {
  const folder = temporaryFolder(t)
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const name = ['-days', '1', '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
  execFileSync(commandPath('openssl')!, ['req', '-x509', ...curve, ...files, ...name], { stdio: 'ignore' })
  return { key: readFileSync(files[1]!, 'utf8'), cert: readFileSync(files[3]!, 'utf8') }
}

const statusOf = (port: number, client: object): Promise<number | string | undefined> =>
  new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/metrics', agent: false, ...client }, (response) =>
      resolve(response.resume().statusCode)
    )
    request.on('error', () => resolve('no response'))
  })

async function listen(t: Test, tls: object) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(observability, { management: { port: 0, tls } })
  await app.ready()
  return app.observability.management!.port!
}

t.test('the management listener speaks HTTPS', async (t) => {
  const { key, cert } = certificate(t)
  const port = await listen(t, { key, cert })
  t.equal(await statusOf(port, { ca: cert }), 200)
  t.equal(await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => 'no response'), 'no response')
})

t.test('the management listener accepts only clients with a certificate, if asked to', async (t) => {
  const { key, cert } = certificate(t)
  const port = await listen(t, { key, cert, ca: cert, requestCert: true })
  t.equal(await statusOf(port, { ca: cert, key, cert }), 200)
  t.equal(await statusOf(port, { ca: cert }), 'no response')
})

t.test('a key or certificate that cannot be used stops the start, and is not shown', async (t) => {
  const secret = 'not a key but a secret'
  for (const tls of [{}, { key: secret }, { key: secret, cert: secret }]) {
    const app = Fastify()
    t.teardown(() => app.close())
    let failure = new Error('it started')
    try {
      await app.register(observability, { management: { port: 0, tls } })
    } catch (error) {
      failure = error as Error
    }
    t.match(failure, { code: 'INVALID_OPTION', message: /"management\.tls" must be/ })
    t.notMatch(failure.message, secret)
  }
})
