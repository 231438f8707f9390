import { betterAuth as createAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { postJson, type ZooApp } from '../zoo-app.ts'

export const betterAuth: ZooApp = {
  name: 'better-auth',
  build(app) {
    const auth = createAuth({
      secret: 'a secret with minimum length of 32 characters',
      baseURL: 'http://127.0.0.1',
      database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
      emailAndPassword: { enabled: true },
      advanced: { disableOriginCheck: true },
      telemetry: { enabled: false },
      logger: { disabled: true }
    })
    app.route({
      method: ['GET', 'POST'],
      url: '/api/auth/*',
      async handler(request, reply) {
        const headers = new Headers()
        for (const [name, value] of Object.entries(request.headers))
          if (value) headers.append(name, String(value))
        const response = await auth.handler(
          new Request(new URL(request.url, 'http://127.0.0.1'), {
            method: request.method,
            headers,
            ...(request.body ? { body: JSON.stringify(request.body) } : {})
          })
        )
        reply.code(response.status)
        for (const [name, value] of response.headers) reply.header(name, value)
        return reply.send(response.body ? await response.text() : null)
      }
    })
  },
  requests: [
    postJson(
      '/api/auth/sign-up/email',
      { name: 'Ada', email: 'ada@example.com', password: 'a long password' },
      200,
      /ada@example\.com/
    ),
    postJson('/api/auth/sign-in/email', { email: 'ada@example.com', password: 'wrong' }, 401),
    { url: '/api/auth/get-session', status: 200, has: /null/ }
  ]
}
