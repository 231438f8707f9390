// npm run check [-- --update]: types, lint, format, README tables, links, the packages as npm
// would see them, API reports.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { packages } from './packages.mjs'
import { run } from './tool.mjs'

const update = process.argv.includes('--update')
const node = (...args) => spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1

/** The public types of a package, as they are built, beside the ones that were agreed on. */
function apiReport({ folder, manifest }) {
  const entries = ['index', ...(manifest.seaworthy?.entries ?? [])]
  const read = (entry) =>
    `// ${manifest.name}: ${entry}\n${readFileSync(`${folder}/dist/${entry}.d.ts`, 'utf8')}`
  const built = entries
    .filter((entry) => existsSync(`${folder}/dist/${entry}.d.ts`))
    .map(read)
    .join('\n')
  const file = `${folder}/api.d.ts`
  if (update) writeFileSync(file, built)
  if (existsSync(file) && readFileSync(file, 'utf8') === built) return 0
  console.error(`${file} is not what the build exports. If the change is meant: npm run check -- --update`)
  return 1
}

const checks = {
  types: () => run('typescript7', ['-p', 'tsconfig.json'], { command: 'tsc' }),
  lint: () => run('oxlint', ['--deny-warnings']),
  format: () => run('oxfmt', ['--check']),
  docs: () => node('.ci/docs.mjs', ...(update ? [] : ['--check'])),
  links: () => node('.ci/links.mjs'),
  build: () => node('.ci/build.mjs'),
  publint: () => Math.max(...packages.map(({ folder }) => run('publint', ['--strict', folder]))),
  attw: () =>
    Math.max(
      ...packages.map(({ folder }) =>
        // Node 10's resolution, which knows no subpaths, has no supported Node or TypeScript behind it.
        run('@arethetypeswrong/cli', ['--pack', '.', '--quiet', '--profile', 'node16'], {
          command: 'attw',
          cwd: folder
        })
      )
    ),
  api: () => Math.max(...packages.map(apiReport))
}

const only = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))
const failed = []
let passed = 0
for (const [name, check] of Object.entries(checks)) {
  if (only.length > 0 && !only.includes(name)) continue
  console.log(`# ${name}`)
  if (check() === 0) passed++
  else failed.push(name)
}
if (failed.length > 0) console.log(`Failed: ${failed.join(', ')}`)
console.log(`${passed} passed, ${failed.length} failed`)
process.exitCode = failed.length > 0 ? 1 : 0
