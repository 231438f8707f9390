import { createPrivateKey, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'

const blocks =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[\s\S]*?-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g

/** The server's own certificate in a PEM text, before those of authorities. @throws Error where one cannot be read. */
function serverCertificate(pem: string): X509Certificate {
  const [certificate] = (pem.match(blocks) ?? []).map((block) => new X509Certificate(block))
  if (certificate === undefined) throw new Error('the file has no certificate in PEM')
  return certificate
}

/** When the server's own certificate ends. Milliseconds since 1970; `undefined` for no certificate. */
export function expiryOf(pem: string): number | undefined {
  try {
    return Date.parse(serverCertificate(pem).validTo)
  } catch {
    return undefined
  }
}

/**
 * Checks a certificate and its key as a server would use them.
 *
 * @throws Error with the reason. It shows nothing of the key.
 */
export function checkPair(cert: string, key: string, passphrase: string | undefined): void {
  const certificate = serverCertificate(cert)
  let privateKey
  try {
    privateKey = createPrivateKey({ key, ...(passphrase === undefined ? {} : { passphrase }) })
  } catch {
    throw new Error('the private key cannot be read')
  }
  if (!certificate.checkPrivateKey(privateKey))
    throw new Error('the private key is not that of the certificate')
  createSecureContext({ cert, key, ...(passphrase === undefined ? {} : { passphrase }) })
}

/** @throws Error for a certificate that clients reject today. */
export function checkValidity(cert: string, now: number = Date.now()): void {
  const { validFrom, validTo } = serverCertificate(cert)
  if (Date.parse(validTo) <= now) throw new Error(`it has expired on ${validTo}`)
  if (Date.parse(validFrom) > now) throw new Error(`it is valid only from ${validFrom}`)
}
