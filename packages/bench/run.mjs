// npm run bench [-- names… | groups…] [--quick | --full] [--guard] [--only sections] [--write]
import { parseArgs } from 'node:util'
import { chosen, variants } from './lib/catalogue.mjs'
import { merged, readData, writeData } from './lib/data.mjs'
import { regressions } from './lib/guard.mjs'
import { measureInstructions } from './lib/measure.mjs'
import { sections } from './lib/sections.mjs'
import { startRedis } from './lib/redis.mjs'
import { writeResults } from './lib/report.mjs'
import { ensureBuilt, ensureCommands, ensurePeers } from './lib/tools.mjs'

const help = `npm run bench -- [names or groups] [options]

Names are those of the tables in results.md; groups: base, recipe, peers, frameworks, ours, calls.
Without names everything is measured and results.md and baseline.json are written.

  --quick      shorter windows (default)
  --full       longer ones: for figures that are committed
  --guard      compares instructions with baseline.json, 5 % tolerance; fails naming the part; writes nothing
  --only LIST  which sections: instructions, ${Object.keys(sections).join(', ')}
  --write      with names or --only: merges what was measured into the committed figures
  --jobs N     so many variants are counted at once (default 1); times are always measured alone
  --no-build   takes dist as it is`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    quick: { type: 'boolean' },
    full: { type: 'boolean' },
    guard: { type: 'boolean' },
    only: { type: 'string' },
    write: { type: 'boolean' },
    jobs: { type: 'string', default: '1' },
    build: { type: 'boolean', default: true },
    help: { type: 'boolean' }
  }
})
if (values.help) {
  console.log(help)
  process.exit()
}

const everything = positionals.length === 0
// The costs of others are not ours to guard.
const isOurs = ({ group, file }) => group !== 'calls' || file.startsWith('./ours/')
const wanted =
  everything && values.guard ? chosen(['base', 'ours', 'calls']).filter(isOurs) : chosen(positionals)
const sectionNames = ['instructions', ...Object.keys(sections)]
const selectedSections =
  values.only?.split(',') ?? (everything && !values.guard ? sectionNames : ['instructions'])
const unknown = selectedSections.filter((name) => !sectionNames.includes(name))
if (unknown.length > 0)
  throw new Error(`no section is called "${unknown}". There are: ${sectionNames.join(', ')}`)

const jobs = Number(values.jobs)
if (!Number.isInteger(jobs) || jobs < 1)
  throw new Error(`--jobs must be a whole number from 1, got ${values.jobs}`)

// On the way out, what was started ends too.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

const missing = ensureCommands()
const countable = !missing.some((command) => command === 'cc' || command.startsWith('qemu'))
if (!countable) {
  if (values.guard) throw new Error('--guard compares instructions: it needs qemu-user and a C compiler')
  console.error('instructions cannot be counted here: CPU per request is measured instead')
}
const only = countable
  ? selectedSections
  : [...new Set(selectedSections.map((name) => (name === 'instructions' ? 'cpu' : name)))]
ensurePeers()
if (values.build) ensureBuilt()

const size = values.full ? 'full' : 'quick'
const redis = missing.includes('redis-server') ? { env: {}, stop() {} } : await startRedis()
const how = { size, jobs, env: redis.env, say: (text) => console.error(text) }
const writes = !values.guard && ((everything && values.only === undefined) || values.write === true)
const fresh = { instructions: {}, failures: {} }

/** After each figure, so that a run that is stopped has not run for nothing. */
function save() {
  if (!writes) return
  const data = merged(readData(), fresh, variants)
  writeData(data)
  writeResults(data)
}

async function measure() {
  if (only.includes('instructions')) await measureInstructions(wanted, how, fresh, save)
  for (const name of only.filter((section) => section !== 'instructions')) {
    how.say(`# ${name}`)
    try {
      fresh[name] = await sections[name](how)
      save()
    } catch (error) {
      how.say(`${name} FAILED: ${error.message}`)
      process.exitCode = 1
    }
  }
  for (const reason of Object.values(fresh.failures)) console.error(reason)
  if (Object.keys(fresh.failures).length > 0) process.exitCode = 1
  console.log(writes ? 'wrote baseline.json and results.md' : JSON.stringify(fresh, undefined, 2))
}

async function guard() {
  const worse = await regressions(wanted, readData().instructions, how)
  for (const sentence of worse) console.error(`worse: ${sentence}`)
  if (worse.length > 0) process.exitCode = 1
  else console.log(`${wanted.length} parts cost no more than their committed figures`)
}

try {
  if (values.guard) await guard()
  else await measure()
} finally {
  await redis.stop()
}
