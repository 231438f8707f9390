import type { Cluster } from 'node:cluster'

/**
 * Whether the process is a worker of `node:cluster`. That module brings all of child processes along, so it is loaded only
 * where there is a channel to a parent: a worker has one.
 */
export const isClusterWorker = (): boolean =>
  process.send !== undefined && (process.getBuiltinModule('node:cluster') as unknown as Cluster).isWorker
