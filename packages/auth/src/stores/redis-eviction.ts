import { withTimeout } from '@seaworthy/internal'
import type { FastifyBaseLogger } from 'fastify'
import type { RedisClient } from './redis-client.ts'

const script = "return redis.call('INFO', 'memory')"

/** The policy by which a Redis with a memory limit drops keys. `undefined` if it drops none, or does not show it. */
function evictionOf(info: unknown): string | undefined {
  if (typeof info !== 'string' || !/^maxmemory:[1-9]/m.test(info)) return undefined
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1]
  return policy === 'noeviction' ? undefined : policy
}

/** Warns of a Redis that drops keys when it is full: also those of revocations, and of logins that a provider may end. */
export async function warnOfEviction(
  client: RedisClient,
  { server, timeout, log }: { server: string; timeout: number; log: FastifyBaseLogger }
): Promise<void> {
  // A user without the permission for INFO, or a server that is down: the rest of the start reports that.
  const info = await withTimeout(timeout, async () => client.eval(script, 0)).catch(() => undefined)
  const policy = evictionOf(info)
  if (policy === undefined) return
  const what = `${server} drops keys when it is full (maxmemory-policy ${policy}); logins and revocations can then get lost`
  log.warn(`auth: ${what}; set the policy to noeviction, or use another Redis for logins`)
}
