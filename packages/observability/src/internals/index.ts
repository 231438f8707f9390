/**
 * The private parts of other packages that this one reads, a file for each package. Each is found at start or guarded
 * at its use; where one is missing, a public way replaces it. {@link internalsProblems} is the self-test at start,
 * `test/internals.test.ts` runs each part against the installed versions.
 */
export * from './agents.ts'
export * from './failed-writes.ts'
export * from './fastify.ts'
export * from './node.ts'
export * from './opentelemetry.ts'
export * from './pino.ts'
export * from './prom-client.ts'
export { internalsProblems, registryProblem } from './self-test.ts'
export * from './undici.ts'
