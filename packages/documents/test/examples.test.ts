import { join } from 'node:path'
import { root, run } from '@seaworthy/testing'
import t from 'tap'

t.setTimeout(600_000)

t.test('the examples in the comments of all exports compile', async (t) => {
  const printed = run(process.execPath, [join(root, '.ci/examples.mjs')], { cwd: root, timeout: 600_000 })
  const [, count] = /^(\d+) examples$/m.exec(printed) ?? []
  t.ok(Number(count) > 300, `${count} examples`)
})
