// npm run test:matrix: the whole test suite on each supported Node, from npm.
import { spawnSync } from 'node:child_process'
import { run } from './tool.mjs'

const folder = `${import.meta.dirname}/matrix`
const installed = run('pnpm', ['install', '--ignore-workspace', '--frozen-lockfile', '--silent'], {
  cwd: folder
})
if (installed !== 0) process.exit(installed)

const results = ['node22', 'node24', 'node26'].map((name) => {
  console.log(`# ${name}`)
  const node = `${folder}/node_modules/${name}/bin/node`
  const args = ['.ci/test.mjs', ...process.argv.slice(2)]
  return { name, status: spawnSync(node, args, { stdio: 'inherit' }).status ?? 1 }
})
for (const { name, status } of results) console.log(`${name}: ${status === 0 ? 'passed' : 'failed'}`)
process.exitCode = Math.max(...results.map(({ status }) => status))
