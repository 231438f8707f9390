import { join } from 'node:path'
import { readmeRuns } from '@seaworthy/testing'
import t from 'tap'

readmeRuns(t, join(import.meta.dirname, '..'))
