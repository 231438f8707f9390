/** The preload: `node --import fastify-seaworthy/apm` or `node -r fastify-seaworthy/apm`. */
export * from '@seaworthy/observability/apm'
