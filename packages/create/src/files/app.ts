import type { Choices, File } from '../choices.ts'
import type { Language } from './language.ts'

/** `src/app`: the service without its port, for the server and for the tests. */
export function appFile({ postgres, redis }: Choices, { ext, ts }: Language): File {
  const store = postgres ? `await openNotes(app, config)` : 'notesInMemory()'
  const imports = [
    `import Fastify${ts(', { type FastifyInstance }')} from 'fastify'`,
    `import { seaworthy, serverOptions } from 'fastify-seaworthy'`,
    ...(ts('x') ? [`import type { Config } from './config.ts'`] : []),
    postgres
      ? `import { openNotes } from './notes/open.${ext}'`
      : `import { notesInMemory } from './notes/in-memory.${ext}'`,
    `import { noteRoutes } from './notes/routes.${ext}'`
  ]
  return {
    path: `src/app.${ext}`,
    text: `${imports.join('\n')}

/** Makes the service: fastify-seaworthy first, then the routes. */
export async function buildApp(config${ts(': Config')})${ts(': Promise<FastifyInstance>')} {
  const app = Fastify(serverOptions(config))
  await app.register(seaworthy, {
    ...config,
    auth: {
      ...(typeof config.auth === 'object' && config.auth),${
        redis
          ? `
      // Tokens can be revoked: app.auth.revoke({ user: 'ada' }).
      revocation: {},`
          : ''
      }
      // A route that does not say who may use it stops the start.
      defaultDeny: true
    }
  })

  app.get('/', { config: { auth: false } }, async () => ({ hello: 'world' }))
  noteRoutes(app, ${store})
  return app
}
`
  }
}
