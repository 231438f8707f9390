// The page of ASVS rows names tests that exist.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const root = join(import.meta.dirname, '../../..')

/** The tests that a text names: a file in backticks, then its tests in quotes. */
function* namedTests(text: string): Generator<[file: string, name: string]> {
  for (const [, file, names] of text.matchAll(/`([\w/.-]+\.test\.ts)`((?: "[^"]+",?)+)/g)) {
    for (const [, name] of names!.matchAll(/"([^"]+)"/g)) yield [file!, name!]
  }
}

t.test('each test that docs/asvs.md names exists', async (t) => {
  const page = readFileSync(join(root, 'docs/asvs.md'), 'utf8')
  const [ofAuth = '', ofSecurity = ''] = page.split('\n## Browsers')
  let count = 0
  for (const [text, folder] of [
    [ofAuth, 'packages/auth/test'],
    [ofSecurity, 'packages/security/test']
  ] as const) {
    for (const [file, name] of namedTests(text)) {
      const source = readFileSync(join(root, file.includes('/') ? file : join(folder, file)), 'utf8')
      t.ok(source.includes(name), `${file}: ${name}`)
      count++
    }
  }
  t.ok(count > 50, 'the page names many')
})
