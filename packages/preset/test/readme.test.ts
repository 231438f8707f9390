import { join } from 'node:path'
import { readmeRuns } from '@seaworthy/testing'
import t from 'tap'

const folder = join(import.meta.dirname, '..')
const env = { JWT_SECRET: 'kq3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJ', PORT: '0' }

readmeRuns(t, folder, env)
readmeRuns(t, folder, env, join(folder, '../../README.md'))
readmeRuns(t, folder, env, join(folder, 'MIGRATION.md'))
