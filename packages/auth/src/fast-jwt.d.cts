/** Loads fast-jwt when it is needed. */
export declare const fastJwt: () => typeof import('fast-jwt')
/** Loads `@fastify/jwt` when it is needed. */
export declare const fastifyJwt: () => typeof import('@fastify/jwt').default
