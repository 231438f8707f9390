// npm run check [-- --update] [NAME…]: the sources, the documents, the packages as npm would see them, the workflows.
import { spawnSync } from 'node:child_process'
import { checkApi } from './api.mjs'
import { libraries, packages } from './packages.mjs'
import { checkCircles } from './circles.mjs'
import { checkExamples } from './examples.mjs'
import { checkLanguage } from './language.mjs'
import { checkOptionDocs } from './option-docs.mjs'
import { checkPrivate } from './private.mjs'
import { checkSize } from './size.mjs'
import { run } from './tool.mjs'
import { checkWorkflows } from './workflows.mjs'

const update = process.argv.includes('--update')
const node = (...args) => spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1

const checks = {
  build: () => node('.ci/build.mjs'),
  types: () =>
    run('typescript7', ['-p', 'tsconfig.json'], { command: 'tsc' }) ||
    run('typescript7', ['-p', 'packages/observability/console'], { command: 'tsc' }),
  lint: () => run('oxlint', ['--deny-warnings']),
  format: () => run('oxfmt', ['--check']),
  docs: () => node('.ci/docs.mjs', update ? '--pages' : '--check'),
  'option-docs': checkOptionDocs,
  examples: checkExamples,
  circles: checkCircles,
  language: checkLanguage,
  links: () => node('.ci/links.mjs'),
  publint: () => Math.max(...packages.map(({ folder }) => run('publint', ['--strict', folder]))),
  attw: () =>
    Math.max(
      ...libraries.map(({ folder }) =>
        // Node 10's resolution, which knows no subpaths, has no supported Node or TypeScript behind it. An import that
        // fails in it alone, as the preset's of a subpath of its own does, counts all the same unless it is ignored.
        run(
          '@arethetypeswrong/cli',
          ['--pack', '.', '--quiet', '--profile', 'node16', '--ignore-rules', 'internal-resolution-error'],
          {
            command: 'attw',
            cwd: folder
          }
        )
      )
    ),
  private: checkPrivate,
  api: () => checkApi(update),
  size: () => checkSize(update),
  workflows: checkWorkflows
}

/** These read what is built, and build first if they run alone. The linter needs the types that `test-d` imports. */
const needBuild = new Set(['lint', 'publint', 'attw', 'private', 'api', 'size'])

const only = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))
if (only.some((name) => needBuild.has(name)) && !only.includes('build')) only.push('build')
const failed = []
let passed = 0
for (const [name, check] of Object.entries(checks)) {
  if (only.length > 0 && !only.includes(name)) continue
  console.log(`# ${name}`)
  if ((await check()) === 0) passed++
  else failed.push(name)
}
if (failed.length > 0) console.log(`Failed: ${failed.join(', ')}`)
console.log(`${passed} passed, ${failed.length} failed`)
process.exitCode = failed.length > 0 ? 1 : 0
