import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readmeRuns, root } from '@seaworthy/testing'
import type { Test } from 'tap'

const folder = join(import.meta.dirname, '..')

/** The pages of a folder of `docs/` with code that runs. */
export const pagesOf = (pattern: string): string[] =>
  globSync(pattern, { cwd: join(root, 'docs') })
    .map((path) => join(root, 'docs', path))
    .filter((path) => /^```(?:ts|js)\n/m.test(readFileSync(path, 'utf8')))
    .toSorted()

// Secrets as a reader would make them, and a free port.
const environment = {
  CLIENT_SECRET: 'b1f0a2c94d6e8375',
  GOOGLE_CLIENT_ID: 'client',
  GOOGLE_CLIENT_SECRET: 'f0b8c5d1e7a94c62',
  INTROSPECTION_SECRET: 'Vd0u3Yl8zq0H1r7kq2nD3m5x9b4s6t8w',
  JWT_SECRET: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64'),
  METRICS_TOKEN: crypto.randomUUID(),
  PORT: '0',
  SESSION_KEY: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64'),
  SESSION_SECRET: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64')
}

/** Runs what the pages of a folder show. */
export function pagesRun(t: Test, pattern: string, env: Record<string, string> = {}): void {
  for (const page of pagesOf(pattern)) readmeRuns(t, folder, { ...environment, ...env }, page)
}
