import type { RouteOptions } from 'fastify'
import { kOneWorker } from '../management/operator-actions.ts'
import type { ManagementServer } from '../management/listener.ts'
import type { ProfileResult } from './profile.ts'
import type { ProfileRequest, Workers } from './workers.ts'

const schema = {
  params: { type: 'object', properties: { kind: { type: 'string', enum: ['cpu', 'heap'] } } },
  querystring: {
    type: 'object',
    properties: {
      seconds: { type: 'integer', minimum: 1, maximum: 60, default: 10 },
      worker: { type: 'integer', minimum: 1 }
    }
  }
}

/** `POST /profile/cpu` and `POST /profile/heap`: a file for DevTools, of this worker or of another one. */
export function actionRoutes(management: ManagementServer, workers: Workers): void {
  management.route({
    method: 'POST',
    url: '/profile/:kind',
    schema,
    config: { [kOneWorker]: true } as NonNullable<RouteOptions['config']>,
    async handler(request, reply) {
      const { kind } = request.params as Pick<ProfileRequest, 'kind'>
      const { seconds, worker = process.pid } = request.query as { seconds: number; worker?: number }
      const result = (await workers.profile(worker, { kind, seconds })) as ProfileResult | undefined
      if (result === undefined) {
        const message = `No worker ${worker} has answered`
        return reply.code(404).send({ statusCode: 404, error: 'Not Found', message })
      }
      if ('rejection' in result) {
        return reply.code(409).send({ statusCode: 409, error: 'Conflict', message: result.rejection })
      }
      const extension = kind === 'cpu' ? 'cpuprofile' : 'heapprofile'
      return reply
        .header('content-disposition', `attachment; filename="${kind}-${worker}.${extension}"`)
        .type('application/json; charset=utf-8')
        .send(JSON.stringify(result.profile))
    }
  })
}
