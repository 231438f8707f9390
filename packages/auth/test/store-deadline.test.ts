import { randomBytes } from 'node:crypto'
import t from 'tap'
import type { RedisClient } from '../src/index.ts'
import { guardedApp } from './helpers.ts'

t.test(
  'a Redis that has stopped to answer is asked by one request at a time, the others need not wait',
  async (t) => {
    let asked = 0
    let silent = true
    const redis: RedisClient = {
      async eval() {
        asked++
        return silent ? new Promise(() => undefined) : null
      },
      duplicate: () => ({
        on: () => undefined,
        subscribe: async () => undefined,
        disconnect: () => undefined
      })
    }
    const { app } = await guardedApp(t, { session: { key: randomBytes(32) }, redis, storeTimeout: 50 })
    app.post('/login', async (request) => {
      request.session.set('user', { sub: 'ada' })
      return 'in'
    })
    const login = async () => (await app.inject({ method: 'POST', url: '/login' })).statusCode
    for (let round = 0; round < 5; round++) t.equal(await login(), 503)
    t.equal(asked, 5)
    const answers = await Promise.all(Array.from({ length: 100 }, login))
    t.ok(answers.every((status) => status === 503))
    t.equal(asked, 6)

    silent = false
    t.equal(await login(), 200, 'the one that asks finds it back')
    t.strictSame(new Set(await Promise.all(Array.from({ length: 10 }, login))), new Set([200]))
  }
)
