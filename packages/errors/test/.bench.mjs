import Fastify from 'fastify'
import createError from '@fastify/error'
import { createWriteStream } from 'node:fs'
import { errors, errorsServerOptions, NotFoundError, AppError } from '../dist/index.js'
const FNF = createError('USER_NOT_FOUND', 'User not found', 404)
async function make(kind, logged) {
  const stream = logged ? createWriteStream('/dev/null') : undefined
  const app = Fastify({
    ...(kind === 'ours' ? errorsServerOptions() : {}),
    logger: logged ? { stream } : false
  })
  if (kind === 'ours') await app.register(errors)
  app.get('/thrown', async () => {
    throw kind === 'ours' ? new NotFoundError('User') : new FNF()
  })
  app.get('/ok', async () => ({ hello: 'world' }))
  await app.ready()
  return app
}
const run = async (app, url, n) => {
  const s = process.cpuUsage()
  for (let i = 0; i < n; i++) await app.inject(url)
  const u = process.cpuUsage(s)
  return (u.user + u.system) / n
}
for (const logged of [false, true]) {
  const ours = await make('ours', logged),
    fast = await make('fastify', logged)
  for (const url of ['/thrown', '/nowhere', '/ok']) {
    await run(ours, url, 4000)
    await run(fast, url, 4000)
    const a = [],
      b = []
    for (let r = 0; r < 9; r++) {
      a.push(await run(ours, url, 2000))
      b.push(await run(fast, url, 2000))
    }
    const med = (x) => x.toSorted((p, q) => p - q)[x.length >> 1]
    console.log(
      `logged=${logged} ${url} ours ${med(a).toFixed(1)}us fastify ${med(b).toFixed(1)}us ratio ${(med(a) / med(b)).toFixed(3)}`
    )
  }
}
