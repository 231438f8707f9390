import { join } from 'node:path'
import t from 'tap'
import { readmeRuns } from '@seaworthy/testing'

readmeRuns(t, join(import.meta.dirname, '..'))
