import t from 'tap'
import { AppError } from '../src/index.ts'
import { build } from './helpers.ts'

const aborts: [string, object][] = [
  ['fetch and node-fetch', { name: 'AbortError' }],
  ['axios', { name: 'CanceledError', code: 'ERR_CANCELED' }],
  ['got', { name: 'RequestError', code: 'ERR_ABORTED' }],
  ['superagent', { code: 'ABORTED' }]
]
for (const [library, members] of aborts) {
  t.test(`an abort by the request's deadline is that error, not a failure: ${library}`, async (t) => {
    const { app } = await build(t, {}, (app) => {
      app.decorateRequest('deadline', {
        getter: () => ({
          remaining: () => 0,
          signal: AbortSignal.abort(new AppError('Too late', { statusCode: 504, code: 'DEADLINE_EXCEEDED' }))
        })
      })
      app.get('/', async () => {
        throw Object.assign(new Error('This operation was aborted'), members)
      })
    })
    t.match(await app.inject('/'), { statusCode: 504, payload: /DEADLINE_EXCEEDED/ })
  })
}
