import { managementPort, readinessPort, whenProvided } from '@seaworthy/contract'
import type { FastifyInstance } from 'fastify'
import type { AuthApi } from './api.ts'
import type { AuthStore } from './stores/store.ts'

/** Without Redis the service works in part: it is degraded, not down. */
export function reportToReadiness(fastify: FastifyInstance, store: AuthStore): void {
  whenProvided(fastify, readinessPort, (readiness) => {
    const check = (): void => {
      const problem = store.problem()
      if (problem) throw problem
    }
    readiness.addCheck('auth-redis', check, { critical: false })
  })
}

interface LoginsSection {
  store(): { kind: 'redis' | 'memory'; up: boolean; reason?: string }
  on: { session: boolean; jwt: boolean }
}

/** The access of each route, where logins are kept, and whether that answers. */
export function showToOperators(fastify: FastifyInstance, api: AuthApi, { store, on }: LoginsSection): void {
  whenProvided(fastify, managementPort, (management) => {
    management.section('access', () => api.matrix(), { live: false })
    management.section('logins', () => ({ store: store(), ...on }))
    management.route({
      method: 'GET',
      url: '/auth/matrix',
      handler: async (request, reply) =>
        request.headers.accept?.includes('text/plain')
          ? reply.type('text/plain').send(api.printMatrix())
          : api.matrix()
    })
  })
}
