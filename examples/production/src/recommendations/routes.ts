import type { FastifyInstance } from 'fastify'

/** The recommendations for all users while the recommendations service does not answer. */
const defaults = ['welcome-tour', 'most-read']

const answer = {
  type: 'object',
  required: ['recommendations', 'degraded'],
  properties: {
    recommendations: { type: 'array', items: { type: 'string' } },
    degraded: { type: 'boolean' }
  }
} as const

/** Personal recommendations. While their service is down, all users get the usual ones. */
export function recommendationRoutes(app: FastifyInstance, baseUrl: string): void {
  const personal = app.resilience.breaker(
    'recommendations',
    async ({ signal }, userId: string): Promise<string[]> => {
      const response = await fetch(`${baseUrl}/users/${encodeURIComponent(userId)}/recommendations`, {
        signal
      })
      if (!response.ok) throw new Error(`the recommendations service answered ${response.status}`)
      const body: unknown = await response.json()
      // A body of another shape counts as a failure, as an outage does.
      if (!Array.isArray(body) || !body.every((entry) => typeof entry === 'string')) {
        throw new Error('the recommendations service answered with something else')
      }
      return body
    },
    { timeout: 1000, fallback: () => defaults }
  )

  app.get(
    '/recommendations',
    { onRequest: [app.authenticate], schema: { response: { 200: answer } } },
    async (request) => {
      const { value, degraded } = await personal.detailed(request, request.user.sub)
      return { recommendations: value, degraded }
    }
  )
}
