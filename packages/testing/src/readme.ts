import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Test } from 'tap'
import { startNode } from './process.ts'

/**
 * Runs every `ts` and `js` sample of a README as a process of its own: it must start and exit with 0.
 * Where a sample makes an `app`, it is made ready and closed. A fence with `no-run` (```ts no-run) is left out.
 * A ```text block right behind a sample is what it prints, without the app's log; `…` there stands for any text.
 *
 * @param folder - The package's folder: samples import the package by its name, from inside it.
 * @param env - What the samples need from the environment.
 * @param readme - The document, where it isn't the package's own README.
 */
export function readmeRuns(
  t: Test,
  folder: string,
  env: Record<string, string> = {},
  readme: string = join(folder, 'README.md')
): void {
  const text = readFileSync(readme, 'utf8')
  const samples = [...text.matchAll(/^```(ts|js)\n([\s\S]*?)^```$(?:\n+^```text\n([\s\S]*?)^```$)?/gm)]
  void t.test(`the samples of ${basename(readme)} run`, async (t) => {
    const scratch = join(folder, `test/.readme-${process.pid}`)
    mkdirSync(scratch, { recursive: true })
    t.teardown(() => rmSync(scratch, { recursive: true, force: true }))

    t.ok(samples.length > 0, 'the README has samples')
    for (const [index, [, , code = '', printed]] of samples.entries()) {
      const commonJs = code.includes('require(') && !/^import /m.test(code)
      const file = join(scratch, `${index + 1}.${commonJs ? 'cts' : 'mts'}`)
      writeFileSync(file, withCleanEnd(code, commonJs))
      const sample = startNode(t, file, { env })
      const { code: exitCode } = await sample.exit
      t.equal(exitCode, 0, `sample ${index + 1} exits with 0\n${exitCode === 0 ? '' : sample.output()}`)
      if (printed !== undefined)
        t.match(withoutLog(sample.output()), pattern(printed), `${index + 1} prints that`)
    }
  })
}

const withoutLog = (output: string): string =>
  output
    .split('\n')
    .filter((line) => !line.startsWith('{"level":'))
    .join('\n')
    .trim()

const escapeForRegExp = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/** The expected output; `…` is any text within it. */
const pattern = (printed: string): RegExp =>
  new RegExp(`^${printed.trim().split('…').map(escapeForRegExp).join('[^]*')}$`)

/** Makes a sample's app ready and closes it, so that the process ends by itself. */
function withCleanEnd(code: string, commonJs: boolean): string {
  if (!/^(?:const|let) app\b/m.test(code)) return code
  return commonJs
    ? `${code}\napp.ready().then(() => app.close())\n`
    : `${code}\nawait app.ready()\nawait app.close()\n`
}
