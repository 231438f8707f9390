import { spawnSync } from 'node:child_process'
import { temporaryFolder } from '@seaworthy/testing'
import type { Test } from 'tap'

/** Makes a folder with a `key.pem` and a `cert.pem` that is valid today. */
export function certificate(t: Test): string {
  const cwd = temporaryFolder(t, 'certificate')
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const files = ['-keyout', 'key.pem', '-out', 'cert.pem', '-days', '1', '-subj', '/CN=localhost']
  const made = spawnSync('openssl', ['req', '-x509', ...curve, ...files], { cwd, encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`openssl failed: ${made.stderr}`)
  return cwd
}
