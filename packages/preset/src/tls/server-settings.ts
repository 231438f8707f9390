import { readFileSync } from 'node:fs'
import { reveal, withoutByteOrderMark } from '@seaworthy/internal'
import { checkPair } from './certificate.ts'
import { checkTls, failTls, type TlsOptions } from './options.ts'

/** The options of a server with TLS. */
export interface TlsSettings {
  cert: string
  key: string
  passphrase?: string
}

/**
 * Reads the files for the constructor. An expired certificate starts all the same: the health of the process does not
 * depend on it, and the next file replaces it.
 *
 * @throws RangeError with the code `INVALID_OPTION`.
 */
export function tlsSettings(options: TlsOptions): TlsSettings {
  const { cert, key, passphrase } = checkTls(options)
  const texts = { cert: readPem('cert', cert), key: readPem('key', key) }
  const password = passphrase === undefined ? undefined : reveal(passphrase)
  try {
    checkPair(texts.cert, texts.key, password)
  } catch (error) {
    return failTls('tls', (error as Error).message)
  }
  return { ...texts, ...(password === undefined ? {} : { passphrase: password }) }
}

function readPem(name: 'cert' | 'key', path: string): string {
  try {
    return withoutByteOrderMark(readFileSync(path, 'utf8'))
  } catch (error) {
    return failTls(`tls.${name}`, `${path} (${(error as NodeJS.ErrnoException).code})`)
  }
}
