// npm run test:matrix [-- node22 …] [FILE …]: the tests on each supported Node, from npm, or on those that are named.
import { spawnSync } from 'node:child_process'

const folder = `${import.meta.dirname}/matrix`
// The command of the package is a native binary that only an install script would put there.
const pnpm = `${import.meta.dirname}/../node_modules/pnpm/bin/pnpm.mjs`
const install = [pnpm, 'install', '--ignore-workspace', '--frozen-lockfile', '--silent']
const installed = spawnSync(process.execPath, install, { cwd: folder, stdio: 'inherit' })
if (installed.status !== 0) process.exit(installed.status ?? 1)

const lines = ['node22', 'node24', 'node26']
const named = lines.filter((name) => process.argv.includes(name))
const files = process.argv.slice(2).filter((argument) => !lines.includes(argument))

const results = (named.length > 0 ? named : lines).map((name) => {
  console.log(`# ${name}`)
  const node = `${folder}/node_modules/${name}/bin/node`
  const args = ['.ci/test.mjs', ...files]
  return { name, status: spawnSync(node, args, { stdio: 'inherit' }).status ?? 1 }
})
for (const { name, status } of results) console.log(`${name}: ${status === 0 ? 'passed' : 'failed'}`)
process.exitCode = Math.max(...results.map(({ status }) => status))
