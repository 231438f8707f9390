import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { readmeRuns } from '@seaworthy/testing'
import t from 'tap'

readmeRuns(t, join(import.meta.dirname, '..'), {
  INTROSPECTION_SECRET: randomBytes(32).toString('base64'),
  JWT_SECRET: randomBytes(32).toString('base64'),
  SESSION_KEY: randomBytes(32).toString('base64')
})
