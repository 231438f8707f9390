import { optionChecks, reveal, type Secret } from '@seaworthy/internal'

/**
 * The files of the certificate that the app's server shows.
 *
 * @example
 * const tls: TlsOptions = { cert: '/etc/tls/tls.crt', key: '/etc/tls/tls.key' }
 * console.log(tls.cert)
 */
export interface TlsOptions {
  /**
   * The path of the certificate in PEM, followed by those of the authorities between it and the root.
   *
   * @defaultValue none: it is required
   * @throws RangeError for a file that cannot be read, and for what is no certificate.
   */
  cert: string

  /**
   * The path of its private key in PEM.
   *
   * @defaultValue none: it is required
   * @throws RangeError for a file that cannot be read, and for the key of another certificate.
   */
  key: string

  /**
   * The password of the private key; a {@link Secret} is never printed.
   *
   * @defaultValue none: the key is not encrypted
   */
  passphrase?: string | Secret
}

const check = optionChecks('seaworthy')
const names: Record<keyof TlsOptions, true> = { cert: true, key: true, passphrase: true }

/** @throws RangeError with the code `INVALID_OPTION`. */
export function checkTls(tls: TlsOptions): TlsOptions {
  if (typeof tls !== 'object' || tls === null)
    return check.failWith('tls', 'the paths of a certificate and its key ({ cert, key })', typeof tls)
  check.keys('tls', tls, Object.keys(names))
  check.string('tls.cert', tls.cert)
  check.string('tls.key', tls.key)
  if (tls.passphrase !== undefined) check.string('tls.passphrase', reveal(tls.passphrase))
  for (const name of ['cert', 'key'] as const)
    if (tls[name].includes('-----BEGIN'))
      check.failWith(`tls.${name}`, 'the path of a file, which is read again when it changes', 'PEM')
  return tls
}

/** Stops the start for a file that cannot be used. */
export const failTls = (option: string, problem: string): never =>
  check.failWith(option, 'files of a certificate and its private key', problem)
