// Functions of the app that the shutdown calls may throw, or be asynchronous and reject.
import { join } from 'node:path'
import { startNode } from '@seaworthy/testing'
import t, { type Test } from 'tap'
import { line } from './support/service.ts'

async function stopped(t: Test, WITH: string) {
  const env = { NODE_ENV: '', WITH, OPTIONS: '{"drainDelay":0}' }
  const running = startNode(t, join(import.meta.dirname, 'fixtures/other-code.ts'), { env })
  await running.waitFor(/^port \d+/m)
  running.kill()
  const { code } = await running.exit
  return { running, code }
}

t.test('listeners of the drain that throw or reject are logged, and end nothing', async (t) => {
  const { running, code } = await stopped(t, 'drain')
  t.equal(code, 0)
  const errors = running.logs().filter(({ level }) => Number(level) >= 40)
  t.match(errors, [{ err: { message: 'no metrics' } }, { err: { message: 'no queue' } }])
  t.equal(errors.length, 2)
  for (const { msg } of errors) t.match(msg, /onDrain listener failed; the shutdown continues/)
  t.ok(line(running, /the third is called/))
})

for (const [WITH, how] of [
  ['exit', 'throws'],
  ['exit later', 'rejects']
] as const) {
  t.test(`an exit that ${how} is logged, and the process ends with the exit code`, async (t) => {
    const { running, code } = await stopped(t, WITH)
    t.equal(code, 0)
    t.match(line(running, /"exit" failed; exiting with code 0/), { level: 50, err: { message: 'no exit' } })
    t.notOk(line(running, /unhandledRejection|uncaughtException/))
  })
}

t.test(
  'an uncaught error that cannot be logged ends the process as another one: drained, with code 1',
  async (t) => {
    const env = { NODE_ENV: '', WITH: 'unreadable', OPTIONS: '{"drainDelay":0}' }
    const running = startNode(t, join(import.meta.dirname, 'fixtures/other-code.ts'), { env })
    await running.waitFor(/^port \d+/m)
    running.kill('SIGUSR2')
    t.equal((await running.exit).code, 1)
    t.match(running.output(), /uncaughtException, which cannot be logged/)
    t.ok(line(running, /shutdown: done/))
  }
)
