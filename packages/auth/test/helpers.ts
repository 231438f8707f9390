import { randomBytes } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { auth, type AuthOptions } from '../src/index.ts'

export const secret: string = randomBytes(32).toString('base64')

/** An app whose answers go through an async `onSend`, as in real ones, and that counts handlers that ran. */
export interface GuardedApp {
  app: FastifyInstance
  runs: () => number
  /** A route whose handler is counted. */
  route: (method: string, url: string, more?: object, answer?: (request: never) => unknown) => void
}

export async function guardedApp(t: Test, options: AuthOptions): Promise<GuardedApp> {
  const app = Fastify()
  t.teardown(() => app.close())
  let runs = 0
  app.addHook('onSend', async (_request, _reply, payload) => {
    await new Promise((resolve) => setImmediate(resolve))
    return payload
  })
  await app.register(auth, options)
  return {
    app,
    runs: () => runs,
    route(method, url, more = {}, answer = () => ({ ok: true })) {
      app.route({
        method,
        url,
        ...more,
        handler: async (request) => {
          runs++
          return answer(request as never)
        }
      })
    }
  }
}

export const bearer = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` })
