import { createHash } from 'node:crypto'
import type { RedisClient } from './client.ts'

/** A Lua script and the SHA-1 by which Redis finds it in its cache. */
export interface RedisScript {
  readonly text: string
  readonly sha: string
}

export const redisScript = (text: string): RedisScript => ({
  text,
  sha: createHash('sha1').update(text).digest('hex')
})

/** Runs a script by its SHA, and by its text where Redis does not have it: the first time, and after a restart. */
export function runScript(
  client: RedisClient,
  { text, sha }: RedisScript,
  keys: readonly string[],
  args: readonly (string | number)[],
  onReply: (reply: unknown) => void,
  onError: (error: Error) => void
): void {
  client.evalsha(sha, keys.length, ...keys, ...args).then(onReply, (error: Error) => {
    if (!error.message.includes('NOSCRIPT')) return onError(error)
    client.eval(text, keys.length, ...keys, ...args).then(onReply, onError)
  })
}
