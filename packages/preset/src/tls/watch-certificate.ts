import type { Server } from 'node:tls'
import { meterPort, whenProvided } from '@seaworthy/contract'
import { reveal, watchFiles } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'
import { constructorOptions, serversOf } from '../internals.ts'
import { checkPair, checkValidity, expiryOf } from './certificate.ts'
import type { TlsOptions } from './options.ts'
import type { TlsSettings } from './server-settings.ts'

/**
 * Exchanges the certificate of all servers of the app when its files change, without a restart. A server without TLS is
 * among the constructor options that are missing.
 *
 * @param read - The contents of the files now. Those of the constructor were read before.
 */
export function watchCertificate(fastify: FastifyInstance, options: TlsOptions, read: TlsSettings): void {
  if (!canExchange(fastify.server)) return
  const { log } = fastify
  const { cert, key, passphrase } = options
  const { https } = (constructorOptions(fastify) ?? {}) as { https?: Partial<TlsSettings> }
  const start: TlsSettings = { ...read, ...https }
  let current = start
  let stop: (() => void) | undefined

  const apply = () => {
    for (const server of serversOf(fastify))
      if (canExchange(server)) server.setSecureContext({ ...https, ...current })
  }

  warnOfExpired(fastify, start.cert)
  exportExpiry(fastify, () => [current.cert])
  fastify.addHook('onReady', (done) => {
    stop = watchFiles({
      paths: [cert, key],
      texts: [start.cert, start.key],
      use: ([newCert = '', newKey = '']) => {
        const password = passphrase === undefined ? undefined : reveal(passphrase)
        checkPair(newCert, newKey, password)
        checkValidity(newCert)
        current = { cert: newCert, key: newKey, ...(password === undefined ? {} : { passphrase: password }) }
        apply()
        const until = new Date(expiryOf(newCert)!).toISOString()
        log.info(
          { path: cert, until },
          'seaworthy: the TLS certificate has changed in its file; new connections get the new one'
        )
      },
      onProblem: ({ message: reason }) =>
        log.warn(
          { path: cert, reason },
          `seaworthy: the new TLS certificate cannot be used: ${reason}; the one from before stays in use; correct its files`
        )
    })
    done()
  })
  // Further addresses of localhost have servers only from now on, made with the certificate of the start.
  fastify.addHook('onListen', (done) => {
    if (current !== start) apply()
    done()
  })
  fastify.addHook('onClose', (_instance, done) => {
    stop?.()
    done()
  })
}

const canExchange = (server: unknown): server is Server =>
  typeof (server as Partial<Server>).setSecureContext === 'function'

function warnOfExpired({ log }: FastifyInstance, cert: string): void {
  try {
    checkValidity(cert)
  } catch (error) {
    const reason = (error as Error).message
    log.error(
      { reason },
      `seaworthy: clients will not accept the TLS certificate: ${reason}; the service starts; renew it in its file`
    )
  }
}

/** The certificates that the app has set itself count too. */
export function exportExpiryOfApp(fastify: FastifyInstance): void {
  const { https } = (constructorOptions(fastify) ?? {}) as { https?: { cert?: unknown } }
  const texts = [https?.cert ?? []].flat().map(String)
  if (texts.some((text) => expiryOf(text) !== undefined)) exportExpiry(fastify, () => texts)
}

function exportExpiry(fastify: FastifyInstance, certificates: () => readonly string[]): void {
  whenProvided(fastify, meterPort, (meter) => {
    meter.gauge({
      name: 'tls_certificate_not_after_timestamp_seconds',
      help: 'When the TLS certificate of the server expires, in seconds since 1970',
      collect: (family) => {
        const ends = certificates().flatMap((text) => expiryOf(text) ?? [])
        if (ends.length > 0) family.with().set(Math.floor(Math.min(...ends) / 1000))
      }
    })
  })
}
