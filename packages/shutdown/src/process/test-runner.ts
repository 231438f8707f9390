/** Variables that test runners set, in their processes and in those that a test starts. */
const variables = ['NODE_TEST_CONTEXT', 'VITEST', 'JEST_WORKER_ID', 'TAP', 'MOCHA_WORKER_ID', 'AVA_PATH']

/**
 * Whether this process runs tests and handles fatal errors itself: it fails the test and goes on. A service that a test
 * starts inherits the variables, but not the listeners.
 */
export const isTestRunner = (): boolean =>
  variables.some((name) => process.env[name] !== undefined) &&
  (process.listenerCount('uncaughtException') > 0 || process.listenerCount('unhandledRejection') > 0)
