import { requires, startRedis } from '@seaworthy/testing'
import t from 'tap'
import { pagesRun } from './pages.ts'

t.setTimeout(900_000)

requires(['redis-server'], 'the pages of the guide', async (t) => {
  const redis = await startRedis(t)
  pagesRun(t, 'guide/*.md', { REDIS_HOST: '127.0.0.1', REDIS_PORT: String(redis.port) })
})
