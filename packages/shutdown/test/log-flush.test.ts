// Lines that are logged during the shutdown are written before the process exits.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startNode, temporaryFolder } from '@seaworthy/testing'
import t from 'tap'

const fixture = join(import.meta.dirname, 'fixtures/logging.ts')

for (const [DESTINATION, what] of [
  ['buffer', 'a destination that writes 4 KB at a time'],
  ['thread', 'a transport in a worker thread']
] as const) {
  for (const FATAL of ['', 'yes']) {
    t.test(
      `2,000 lines reach ${what} after ${FATAL ? 'a fatal error' : 'SIGTERM'} before the process exits`,
      async (t) => {
        const TO = join(temporaryFolder(t), 'log')
        const env = { NODE_ENV: '', DESTINATION, TO, LINES: '2000', FATAL }
        const app = startNode(t, fixture, { env })
        if (!FATAL) {
          await app.waitFor(/listening/)
          app.kill()
        }
        t.equal((await app.exit).code, FATAL ? 1 : 0)
        const lines = readFileSync(TO, 'utf8').trim().split('\n')
        t.equal(lines.filter((line) => line.includes('"a line"')).length, 2000)
        t.match(lines.at(-1), /shutdown: done/, 'the last line is the last')
      }
    )
  }
}
