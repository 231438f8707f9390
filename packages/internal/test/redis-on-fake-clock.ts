import FakeTimers from '@sinonjs/fake-timers'
import type { Test } from 'tap'
import { GuardedRedis, redisScript, type GuardedRedisOptions } from '../src/index.ts'

const script = redisScript('return 1')

/** A guarded Redis on a fake clock, closed with the test. */
export function redisOnFakeClock(t: Test, options: Omit<GuardedRedisOptions, 'keyPrefix' | 'timeout'>) {
  const clock = FakeTimers.install({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance']
  })
  const redis = new GuardedRedis({ ...options, keyPrefix: '', timeout: 50 })
  t.teardown(() => {
    redis.close()
    clock.uninstall()
  })
  return {
    redis,
    /** Lets time pass, and the replies that came in it. */
    async advance(milliseconds: number): Promise<void> {
      clock.tick(milliseconds)
      await new Promise((resolve) => setImmediate(resolve))
      await new Promise((resolve) => setImmediate(resolve))
    },
    /** Calls a script. Returns whether that worked. */
    call: (): Promise<boolean> =>
      redis.runAsync(script, ['key']).then(
        () => true,
        () => false
      )
  }
}
