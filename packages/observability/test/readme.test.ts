import { join } from 'node:path'
import t from 'tap'
import { readmeRuns } from '@seaworthy/testing'

readmeRuns(t, join(import.meta.dirname, '..'), { METRICS_TOKEN: 'a-very-long-token', LOG_LEVEL: 'silent' })
