import {
  connectionErrors,
  GuardedRedis,
  isReplyError,
  outageCause,
  redisAddress,
  stopListening,
  withoutCommand,
  type OnChange,
  type RedisScript
} from '@seaworthy/internal'
import type { FastifyBaseLogger } from 'fastify'
import { storeUnavailable } from '../core/errors.ts'
import type { RedisClient } from './redis-client.ts'

export interface RedisCallsOptions {
  client: RedisClient
  keyPrefix: string
  /** Milliseconds that a call waits for an answer. */
  timeout: number
  log: FastifyBaseLogger
}

type Call = (
  script: RedisScript,
  keys: readonly string[],
  ...args: readonly (string | number)[]
) => Promise<unknown>

/** Calls of scripts, which reject with 503 while Redis does not answer. */
export interface RedisCalls {
  readonly read: Call
  readonly write: Call
  /** Why Redis does not answer now. */
  problem(): Error | undefined
  reportIfDisconnected(): void
  close(): void
}

/**
 * Reads and changes are watched apart: a Redis that is full or read-only rejects changes and still answers reads, so
 * that sessions are valid while logins get 503.
 */
export function redisCalls({ client, keyPrefix, timeout, log }: RedisCallsOptions): RedisCalls {
  const server = redisAddress(client)
  const problems = new Map<'calls' | 'changes', Error>()
  const reported = new Set<string>()
  const { last: lastError, release } = connectionErrors(client)
  const onError = (error: Error): void =>
    log.debug({ err: withoutCommand(error) }, 'auth: the connection to Redis failed')
  client.on?.('error', onError)

  /** Logs each cause once, and the end of the last one. */
  const watch =
    (about: 'calls' | 'changes'): OnChange =>
    (up, error, isNews) => {
      if (up) problems.delete(about)
      else problems.set(about, error ?? new Error('no answer'))
      if (up && problems.size === 0) {
        if (reported.size > 0) log.info(`auth: ${server} answers again`)
        reported.clear()
      }
      if (up || error === undefined || !isNews || reported.has(outageCause(error))) return
      reported.add(outageCause(error))
      // Without a connection there are no reads either.
      const kind = about === 'changes' && isReplyError(error) ? 'changes' : 'calls'
      const what = `${server} does not take ${kind} (${error.message})`
      const effect =
        kind === 'changes'
          ? 'logins and refreshes get 503'
          : 'logins and refreshes get 503, and the options "onStoreError" decide about sessions and tokens'
      log.warn(
        { err: error },
        `auth: ${what}; ${effect}; check the server, the user's permissions and the connection`
      )
    }
  const guarded = (kind: 'calls' | 'changes'): GuardedRedis =>
    new GuardedRedis({ client, keyPrefix, timeout, onChange: watch(kind), lastError })
  const reads = guarded('calls')
  const writes = guarded('changes')

  const call =
    (redis: GuardedRedis, other: GuardedRedis): Call =>
    async (script, keys, ...args) => {
      try {
        const reply = await redis.runAsync(script, keys, args)
        other.noteReachable()
        return reply
      } catch (error) {
        throw storeUnavailable('Logins and sessions cannot be checked right now', error)
      }
    }

  return {
    read: call(reads, writes),
    write: call(writes, reads),
    problem: () => problems.get('calls') ?? problems.get('changes'),
    reportIfDisconnected: () => reads.reportIfDisconnected(),
    // The client is the app's to close.
    close() {
      reads.close()
      writes.close()
      stopListening(client, onError)
      release()
    }
  }
}
