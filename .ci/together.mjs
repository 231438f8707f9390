// node .ci/together.mjs FILE …: runs test files in this process, one after the other, each as a test of its own. A comment
// behind each has its counts.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'

/** Functions of tap's `t` that files call outside their tests: they get those of a test of the file alone. */
const ofFile = ['test', 'teardown', 'setTimeout']

/** How long handles may stay open behind the last file, in milliseconds. */
const grace = 60_000

const root = Object.fromEntries(ofFile.map((name) => [name, t[name].bind(t)]))
const { timeout } = t.options
// The time-out is each file's.
root.setTimeout(0)

for (const file of process.argv.slice(2)) {
  const before = t.counts.toJSON()
  const start = performance.now()
  await root.test(file, { timeout }, async (own) => {
    for (const name of ofFile) t[name] = own[name].bind(own)
    await import(pathToFileURL(resolve(file)).href)
  })
  Object.assign(t, root)
  const after = t.counts
  const counts = ['pass', 'fail', 'skip', 'todo'].map((key) => [key, after[key] - (before[key] ?? 0)])
  const seconds = (performance.now() - start) / 1000
  t.comment(`counts of ${file}: ${JSON.stringify({ ...Object.fromEntries(counts), seconds })}`)
}

// The files run again alone then, so that the one that left a handle open is found.
const timer = setTimeout(() => {
  console.log(`# still open: ${process.getActiveResourcesInfo().join(', ')}`)
  process.exit(1)
}, grace)
timer.unref()
