import { health } from '@seaworthy/health'
import fp from 'fastify-plugin'

export default fp(async (app) => app.register(health, { prefix: '/health' }))
