import type { FastifyInstance } from 'fastify'

const entry = {
  type: 'object',
  required: ['id', 'department'],
  properties: { id: { type: 'string' }, department: { type: 'string' } }
} as const

const params = {
  type: 'object',
  required: ['id'],
  additionalProperties: false,
  properties: { id: { type: 'string', minLength: 1, maxLength: 64 } }
} as const

/** The company directory: an external API behind a breaker, with no fallback. While it is down, the response is 503. */
export function directoryRoutes(app: FastifyInstance, baseUrl: string): void {
  app.get<{ Params: { id: string } }>(
    '/directory/:id',
    { onRequest: [app.authenticate], schema: { params, response: { 200: entry } } },
    async (request) => {
      const url = new URL(`people/${encodeURIComponent(request.params.id)}`, `${baseUrl}/`)
      const response = await app.resilience.fetch(request, url)
      return response.json()
    }
  )
}
