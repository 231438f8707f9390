// TLS certificates that are exchanged while the app runs.
import './parts.ts'
import { X509Certificate } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { requires, temporaryFolder, until } from '@seaworthy/testing'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { certificate, curve, openssl } from './certificates.ts'
import { fromEnv, seaworthy, serverOptions, type SeaworthyOptions } from '../src/index.ts'

type Line = Record<string, unknown> & { msg: string }

const authority = `[ca]
default_ca=own
[own]
database=index
new_certs_dir=.
serial=serial
default_md=sha256
policy=names
[names]
commonName=supplied
`

/** Makes a certificate that has expired: only an authority's command takes dates. */
function expiredCertificate(t: Test): { cert: string; key: string } {
  const folder = temporaryFolder(t)
  for (const [file, text] of [
    ['ca', authority],
    ['index', ''],
    ['serial', '01\n']
  ] as const)
    writeFileSync(join(folder, file), text)
  openssl(folder, 'req', '-new', ...curve, '-subj', '/CN=old', '-keyout', 'key.pem', '-out', 'request.pem')
  const dates = ['-startdate', '20200101000000Z', '-enddate', '20210101000000Z']
  const files = ['-keyfile', 'key.pem', '-in', 'request.pem', '-out', 'cert.pem']
  openssl(folder, 'ca', '-batch', '-notext', '-config', 'ca', '-selfsign', ...files, ...dates)
  return { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
}

/** A mount whose two files are exchanged at once. */
function mountedPair(t: Test, first: { cert: string; key: string }) {
  const folder = temporaryFolder(t)
  let version = 0
  const mount = (pair: { cert: string; key: string }) => {
    const name = `..version_${++version}`
    mkdirSync(join(folder, name), { recursive: true })
    copyFileSync(pair.cert, join(folder, name, 'tls.crt'))
    copyFileSync(pair.key, join(folder, name, 'tls.key'))
    symlinkSync(name, join(folder, '..data_tmp'))
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
  }
  mount(first)
  for (const file of ['tls.crt', 'tls.key']) symlinkSync(`..data/${file}`, join(folder, file))
  return { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key'), mount }
}

async function start(t: Test, options: SeaworthyOptions, server: object = {}, host = '127.0.0.1') {
  const lines: Line[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Line) }
  const all = { ...options, auth: false, shutdown: { exit: false, drainDelay: 0 } } as SeaworthyOptions
  const app = Fastify(
    serverOptions(all, { ...server, logger: { stream } }) as object
  ) as unknown as FastifyInstance
  t.teardown(() => app.close())
  await app.register(seaworthy, all)
  app.get('/', async () => 'ok')
  await app.listen({ host, port: 0 })
  const linesLike = (pattern: RegExp) => lines.filter(({ msg }) => pattern.test(msg))
  return { app, lines, linesLike }
}

/** The common name of the certificate that an address shows. */
async function shownBy(host: string, port: number): Promise<string> {
  const socket: TLSSocket = connect({ host, port, rejectUnauthorized: false })
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
  const { CN } = socket.getPeerCertificate().subject
  socket.destroy()
  return String(CN)
}

async function statusOverHttp2(port: number): Promise<number> {
  const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
  const request = session.request({ ':path': '/' })
  const headers = await new Promise<Record<string, unknown>>((resolve, reject) =>
    request.once('response', resolve).once('error', reject)
  )
  session.destroy()
  return Number(headers[':status'])
}

for (const [name, server] of [
  ['HTTPS', { https: { minVersion: 'TLSv1.3' } }],
  ['HTTP/2', { http2: true, https: { allowHTTP1: true } }]
] as const) {
  requires(
    ['openssl'],
    `new connections over ${name} get the new certificate, on every address`,
    async (t) => {
      const files = mountedPair(t, certificate(t, 'first'))
      const { cert, key } = files
      const { app, linesLike } = await start(t, { tls: { cert, key } }, server, 'localhost')
      const addresses = app.addresses() as AddressInfo[]
      for (const { address, port } of addresses) t.equal(await shownBy(address, port), 'first')
      const target = { host: addresses[0]!.address, port: addresses[0]!.port }
      const open = connect({ ...target, rejectUnauthorized: false })
      await new Promise((resolve) => open.once('secureConnect', resolve))

      files.mount(certificate(t, 'second'))
      await until('the exchange', () => linesLike(/the TLS certificate has changed/).length === 1)
      for (const { address, port } of addresses) t.equal(await shownBy(address, port), 'second')
      if (name === 'HTTPS') {
        const old = connect({ ...target, rejectUnauthorized: false, maxVersion: 'TLSv1.2' })
        const error = await new Promise<NodeJS.ErrnoException>((resolve) => old.once('error', resolve))
        t.match(error.code, /ERR_SSL/, 'the other options of the server stay')
      }
      t.notOk(open.destroyed, 'an open connection stays')
      open.destroy()
      if (name === 'HTTP/2') {
        const v4 = addresses.find(({ family }) => family === 'IPv4')
        if (v4) t.equal(await statusOverHttp2(v4.port), 200)
      }
    }
  )
}

requires(
  ['openssl'],
  'a pair that cannot be used keeps the certificate, with one line for each',
  async (t) => {
    const good = certificate(t, 'good')
    const files = mountedPair(t, good)
    const { app, linesLike } = await start(t, { tls: { cert: files.cert, key: files.key } })
    const { port } = app.addresses()[0] as AddressInfo
    const garbage = join(temporaryFolder(t), 'garbage')
    writeFileSync(garbage, 'no certificate')
    const bad = [
      [{ cert: good.cert, key: certificate(t, 'other').key }, /not that of the certificate/],
      [expiredCertificate(t), /has expired/],
      [{ cert: garbage, key: good.key }, /no certificate in PEM/],
      [{ cert: good.cert, key: garbage }, /private key cannot be read/]
    ] as const
    for (const [index, [pair, reason]] of bad.entries()) {
      files.mount(pair)
      await until('the line', () => linesLike(/cannot be used/).length > index)
      t.match(linesLike(/cannot be used/)[index], { level: 40, reason })
    }
    t.equal(linesLike(/cannot be used/).length, bad.length)
    t.equal(await shownBy('127.0.0.1', port), 'good')
    files.mount(certificate(t, 'better'))
    await until('a good one', async () => (await shownBy('127.0.0.1', port)) === 'better')
  }
)

requires(['openssl'], 'metrics have the time at which the certificate expires', async (t) => {
  const [first, second] = [certificate(t, 'first', 3), certificate(t, 'second', 90)]
  const files = mountedPair(t, first)
  const expiry = (path: string) => Date.parse(new X509Certificate(readFileSync(path)).validTo) / 1000
  const valueIn = async (app: FastifyInstance) =>
    Number(
      /^tls_certificate_not_after_timestamp_seconds (\S+)$/m.exec(await app.observability.metrics())?.[1]
    )
  const config = fromEnv({ NODE_ENV: 'development', TLS_CERT_FILE: files.cert, TLS_KEY_FILE: files.key })
  const { app } = await start(t, config)
  t.equal(await valueIn(app), expiry(first.cert))
  files.mount(second)
  await until('the new time', async () => (await valueIn(app)) === expiry(second.cert))

  const https = { cert: readFileSync(first.cert), key: readFileSync(first.key) }
  const { app: ofApp } = await start(t, {}, { https })
  t.equal(await valueIn(ofApp), expiry(first.cert), 'also of a certificate that the app has read itself')
})

requires(['openssl'], 'files that cannot be used, and two certificates, stop the start', async (t) => {
  const { cert, key } = certificate(t, 'a')
  const other = certificate(t, 'b')
  const expired = expiredCertificate(t)
  for (const [tls, message] of [
    [{ cert: '/nowhere/tls.crt', key }, /"tls\.cert".*ENOENT/],
    [{ cert, key: other.key }, /not that of the certificate/],
    [{ cert: readFileSync(cert, 'utf8'), key }, /"tls\.cert" must be the path of a file/],
    [{ cert }, /"tls\.key"/],
    [{ cert, key, keys: 1 }, /"tls\.keys"/]
  ] as const)
    t.throws(() => serverOptions({ tls } as never), { code: 'INVALID_OPTION', message })
  t.throws(() => serverOptions({ tls: { cert, key } }, { https: { cert: 'PEM' } }), /keep one/)
  t.throws(() => fromEnv({ TLS_CERT_FILE: cert }), /TLS_CERT_FILE needs TLS_KEY_FILE/)

  const { linesLike } = await start(t, { tls: expired })
  t.match(
    linesLike(/clients will not accept/),
    [{ level: 50 }],
    'an expired one starts, because a new file may come'
  )
})
