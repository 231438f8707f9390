// Decides which test files share a process: an empty file of tests takes 0.3 s of CPU, one that loads a package of ours
// 0.7 s, so small files cost more to start than to run.
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'

/** The most files of a process. With TEST_GROUP=1 each has one to itself. */
const most = Number(process.env.TEST_GROUP) || 8

// A file runs alone when it, or a file beside it that it imports, touches what belongs to the whole process. What a test
// puts back itself, such as a clock, it puts back for its own file too.
const processWide = new RegExp(
  [
    String.raw`\bprocess\.(?!pid\b|platform\b|versions?\b|cwd\b|hrtime\b|nextTick\b|getuid\b|execPath\b)`,
    String.raw`\bglobalThis\b|\.prototype\b|\bSymbol\.for\(|\bheapUsed\b|\bgc\(|/proc/`,
    String.raw`\bcreateRequire\b|require\.cache|registerHooks|\.mockImport\b|\btestdir\b|matchSnapshot`,
    String.raw`\bcluster'|child_process|worker_threads|async_hooks|diagnostics_channel|node:(?:test|inspector|process)'`,
    String.raw`setGlobalDispatcher|@opentelemetry/|@sentry/|\bdd-trace\b`
  ].join('|')
)

function isProcessWide(file, seen = new Set()) {
  if (seen.has(file) || !existsSync(file)) return false
  seen.add(file)
  const text = readFileSync(file, 'utf8')
  if (processWide.test(text)) return true
  const beside = [...text.matchAll(/from '(\.[^']+)'/g)].map(([, path]) => join(dirname(file), path))
  return beside.some((path) => !/[\\/]src[\\/]/.test(path) && isProcessWide(path, seen))
}

/** The folder of a file's package. */
const packageOf = (file) => file.split('/').slice(0, 2).join('/')

/**
 * Groups of files, each for one process, in the order of their first files. Those of `alone` have one to themselves.
 * @param {readonly string[]} files
 * @param {readonly string[]} alone
 */
export function inGroups(files, alone) {
  const shares = new Set(files.filter((file) => !alone.includes(file) && !isProcessWide(file)))
  // Enough processes for all cores.
  const even = Math.ceil(shares.size / (2 * availableParallelism()))
  const size = process.env.TEST_GROUP ? most : Math.min(most, even)
  const open = new Map()
  const groups = []
  for (const file of files) {
    const name = packageOf(file)
    const group = shares.has(file) && open.get(name)
    if (group && group.length < size) group.push(file)
    else {
      const made = [file]
      if (shares.has(file)) open.set(name, made)
      groups.push(made)
    }
  }
  return groups
}
