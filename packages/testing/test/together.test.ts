import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startNode } from '@seaworthy/testing'
import t, { type Test } from 'tap'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Runs fixtures as `npm test` does, in one process. Gives the lines that are not indented. */
async function runTogether(
  t: Test,
  names: readonly string[]
): Promise<{ code: number | null; lines: string[] }> {
  const files = names.map((name) => `packages/testing/test/fixtures/${name}.ts`)
  const env = { TEST_GROUP: '8', CI: '' }
  const running = startNode(t, join(root, '.ci/test.mjs'), { args: files, cwd: root, env })
  const { code } = await running.exit
  const lines = running.output().replaceAll('packages/testing/test/fixtures/', '').split('\n')
  return { code, lines }
}

/** The results of the files, without their times. */
const resultsIn = (lines: string[]): string[] =>
  lines.filter((line) => /^(?:not )?ok \d+ - .*\.ts #/.test(line)).map((line) => line.replace(/ #.*/, ''))

t.test('files that share a process have results of their own', async (t) => {
  const { code, lines } = await runTogether(t, ['passes', 'fails', 'throws-at-import', 'passes-too'])
  t.strictSame(resultsIn(lines), [
    'ok 1 - passes.ts',
    'not ok 2 - fails.ts',
    'not ok 3 - throws-at-import.ts',
    'ok 4 - passes-too.ts'
  ])
  t.equal(lines.at(-2), '5 passed, 2 failed')
  t.equal(code, 1)
  t.strictSame(
    lines.filter((line) => line.startsWith('# failed: ')),
    ['# failed: fails.ts', '# failed: throws-at-import.ts']
  )
  t.notOk(lines.some((line) => line.includes('runs again alone')))
})

for (const [name, reason] of [
  ['rejects-unhandled', 'leaves a rejection'],
  ['exits', 'ends the process']
] as const) {
  t.test(`a file that ${reason} takes no other's results with it, and is named`, async (t) => {
    const { code, lines } = await runTogether(t, ['passes', name, 'passes-too'])
    t.ok(lines.some((line) => line.includes('runs again alone')))
    t.strictSame(resultsIn(lines), ['ok 1 - passes.ts', `not ok 2 - ${name}.ts`, 'ok 3 - passes-too.ts'])
    t.equal(lines.at(-2), '4 passed, 1 failed')
    t.equal(code, 1)
  })
}
