// Runs tap under the Node that runs this file, streams its output, closes with "N passed, N failed".
// Arguments go to tap: `npm test -- packages/health/test/plugin.test.ts`.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { installServers } from './servers.mjs'

installServers()

const tap = fileURLToPath(import.meta.resolve('tap')).replace(/dist[\\/].*$/, 'dist/esm/run.mjs')
const child = spawn(process.execPath, [tap, ...process.argv.slice(2)], {
  stdio: ['inherit', 'pipe', 'inherit']
})
let tail = ''
child.stdout.on('data', (data) => {
  process.stdout.write(data)
  tail = (tail + data).slice(-4096)
})
child.on('close', (code) => {
  const totals = [...tail.matchAll(/^# \{ (total: .*) \}$/gm)].at(-1)
  const count = (key) => Number(totals?.[1].match(new RegExp(`\\b${key}: (\\d+)`))?.[1] ?? 0)
  const skipped = count('skip')
  const skipFails = skipped > 0 && process.env.CI === 'true'
  if (skipFails) console.log('A skipped test is a failure when CI=true.')
  console.log(
    `${count('pass')} passed, ${count('fail') + (skipFails ? skipped : 0)} failed${skipped ? `, ${skipped} skipped` : ''}`
  )
  process.exitCode = code || (totals && count('pass') > 0 && !skipFails ? 0 : 1)
})
