import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { readmeRuns } from '@seaworthy/testing'
import t from 'tap'

const folder = join(import.meta.dirname, '..')
const env = {
  GOOGLE_CLIENT_ID: 'client',
  GOOGLE_CLIENT_SECRET: 'f0b8c5d1e7a94c62',
  JWT_SECRET: 'kq3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJ',
  PORT: '0'
}
const sessionKey = randomBytes(32).toString('base64')

readmeRuns(t, folder, env)
readmeRuns(t, folder, env, join(folder, '../../README.md'))
readmeRuns(t, folder, { ...env, SESSION_KEY: sessionKey }, join(folder, 'MIGRATION.md'))
