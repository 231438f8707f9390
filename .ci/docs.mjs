// npm run docs: checks the READMEs, writes the pages of docs/reference from the sources, then builds the site.
// -- --check compares only; -- --pages writes without building.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { generatedPages } from './docs-pages.mjs'
import { buildSite } from './docs-site.mjs'
import { libraries, packages } from './packages.mjs'

const checkOnly = process.argv.includes('--check')
/** A reader who knows one README finds their way in all; the rest is on the pages of docs/guide. */
const sections = ['Use', 'What changes for clients', 'Compatibility', 'Documents']
const mostWords = 600

/** The faults of a package's README, as sentences. A program has no samples. */
function* faultsOf(text, isLibrary) {
  const words = text.split(/\s+/).filter(Boolean).length
  if (words > mostWords) yield `it has ${words} words, more than ${mostWords}: move some to docs/guide`
  const titles = [...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title)
  if (titles.join() !== sections.join())
    yield `it must have the sections ${sections.join(', ')}, in this order`
  const samples = [...text.matchAll(/^```(js|ts)\n([\s\S]*?)^```$/gm)]
  const has = (kind, pattern) =>
    !isLibrary || samples.some(([, as, code]) => as === kind && pattern.test(code))
  if (!has('js', /^import /m)) yield 'it has no sample of JavaScript with ES modules'
  if (!has('js', /\brequire\(/)) yield 'it has no sample of CommonJS'
  if (!has('ts', /^import /m)) yield 'it has no sample of TypeScript'
  // npm shows the file without the repository around it.
  for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (!target.startsWith('https:') && target !== 'MIGRATION.md')
      yield `${target} leads nowhere on npm: use a whole address`
  }
}

let stale = 0
for (const one of packages) {
  const readme = join(one.folder, 'README.md')
  for (const fault of faultsOf(readFileSync(readme, 'utf8'), libraries.includes(one))) {
    console.error(`${readme}: ${fault}`)
    stale++
  }
}
for (const [page, text] of await generatedPages()) {
  if (existsSync(page) && readFileSync(page, 'utf8') === text) continue
  if (checkOnly) {
    console.error(`${page}: it is not what the sources say. Run: npm run docs`)
    stale++
    continue
  }
  mkdirSync(dirname(page), { recursive: true })
  writeFileSync(page, text)
}
if (!checkOnly && !process.argv.includes('--pages') && stale === 0) stale = buildSite()
process.exitCode = stale > 0 ? 1 : 0
