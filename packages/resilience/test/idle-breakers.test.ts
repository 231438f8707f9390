import { join } from 'node:path'
import { startNode } from '@seaworthy/testing'
import t from 'tap'

t.test('ten thousand idle breakers keep at most 3 KB each, and no timer', async (t) => {
  const idle = startNode(t, join(import.meta.dirname, 'fixtures/idle-breakers.ts'), {
    nodeArgs: ['--expose-gc']
  })
  t.match(await idle.exit, { code: 0 }, idle.output())
  const [seen] = idle.logs() as [
    { succeeded: number; failed: number; unkeyed: number; size: number; timers: number }
  ]
  t.ok(seen.succeeded < 2000, `with keys, used once: ${seen.succeeded} bytes`)
  t.ok(seen.failed < 3072, `with keys, with a failure: ${seen.failed} bytes`)
  t.ok(seen.unkeyed < 4096, `without keys: ${seen.unkeyed} bytes`)
  t.match(seen, { size: 21_000, timers: 0 })
})
