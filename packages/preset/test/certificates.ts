// Certificates that a test makes for itself.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { commandPath, temporaryFolder } from '@seaworthy/testing'
import type { Test } from 'tap'

/** The options of a new key. */
export const curve = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'.split(' ')

export function openssl(cwd: string, ...words: string[]): void {
  const { status, stderr } = spawnSync(commandPath('openssl')!, words, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}

/** Makes a certificate for so many days. */
export function certificate(t: Test, name: string, days = 30): { cert: string; key: string } {
  const folder = temporaryFolder(t)
  const files = ['-keyout', 'key.pem', '-out', 'cert.pem']
  openssl(folder, 'req', '-x509', ...curve, '-subj', `/CN=${name}`, '-days', `${days}`, ...files)
  return { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
}
