import { hostname } from 'node:os'
import { threadId } from 'node:worker_threads'
import type { FastifyInstance } from 'fastify'

// The apps of a process find each other here, whichever copy of this package they use.
const key = Symbol.for('seaworthy.otlp-instances.v1')
type Holder = NodeJS.Process & { [key]?: Set<number> | undefined }

/**
 * The `service.instance.id` of an app: host and process, with a number for each further app or thread of the process.
 * Collectors take the numbers of two apps with one id for one app whose counts rise and fall.
 */
export function instanceId(fastify: FastifyInstance): string {
  const usedIds = ((process as Holder)[key] ??= new Set())
  let number = 1
  while (usedIds.has(number)) number++
  usedIds.add(number)
  fastify.addHook('onClose', (_, done) => {
    usedIds.delete(number)
    done()
  })
  const parts = [hostname(), `${process.pid}`]
  if (threadId !== 0) parts.push(`t${threadId}`)
  if (number > 1) parts.push(`${number}`)
  return parts.join(':')
}
