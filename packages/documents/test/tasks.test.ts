import { requires, startRedis } from '@seaworthy/testing'
import t from 'tap'
import { pagesRun } from './pages.ts'

t.setTimeout(600_000)

requires(['redis-server'], 'the pages of tasks', async (t) => {
  const redis = await startRedis(t)
  pagesRun(t, 'tasks/*.md', { REDIS_URL: `redis://127.0.0.1:${redis.port}` })
})
