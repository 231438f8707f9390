import './parts.ts'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { differences } from './zoo/differences.ts'
import { visit, type Seen } from './zoo/run.ts'
import { changesTable, reasonOf, type Change } from './zoo/table.ts'
import { today, variants } from './zoo/variants.ts'
import type { ZooApp } from './zoo/zoo-app.ts'
import { zoo } from './zoo/zoo.ts'

const document = join(import.meta.dirname, '../../../docs/what-changes.md')
const changes: Change[] = []

/** Requests whose status we change, each with a reason in the document. */
const changedStatuses: ReadonlySet<string> = new Set([
  'Plain JSON API: {"name":"Ada","age":"36"}',
  'Errors with a statusCode, no error handler: /tea',
  'Errors with a statusCode, no error handler: /upstream'
])

for (const app of zoo) {
  t.test(
    `${app.name}: its own requests, then with each plugin alone, then with the preset`,
    { timeout: 300_000 },
    async (t) => {
      const before = await visit(app, today)
      for (const [index, seen] of before.seen.entries()) checkSeen(index, seen, app, t)

      for (const variant of variants) {
        const stop = app.stops?.[variant.name]
        // oxlint-disable-next-line no-await-in-loop -- one app after the other, because some share names and ports
        if (stop) await t.rejects(visit(app, variant), { message: stop.says }, variant.name)
        // oxlint-disable-next-line no-await-in-loop -- as above
        const { seen } = await visit(app, variant, stop?.write)
        for (const [index, after] of seen.entries())
          compare(app, variant.name, index, before.seen[index]!, after)
        const broken = seen.flatMap((after, index) => describeBroken(app, index, after))
        t.strictSame(broken, [], `with ${variant.name} its clients get what they rely on`)
      }
    }
  )
}

t.test('docs/what-changes.md has what changes for the clients of these apps', async (t) => {
  const text = readFileSync(document, 'utf8')
  const [start, end] = [
    '<!-- changes: written by UPDATE_DOCS=1 npm test -- packages/preset/test/zoo.test.ts -->',
    '<!-- /changes -->'
  ]
  const head = text.slice(0, text.indexOf(start) + start.length)
  const tail = text.slice(text.indexOf(end))
  const unexplained = changes.filter(({ difference }) => reasonOf(difference) === undefined)
  t.strictSame(unexplained, [], 'each difference has a reason')
  const written = `${head}\n${changesTable(changes, zoo.length)}\n${tail}`
  if (process.env.UPDATE_DOCS) writeFileSync(document, written)
  else t.equal(text, written)
})

const titleOf = ({ requests }: ZooApp, index: number): string => {
  const { method = 'GET', url } = requests[index]!
  return `${method} ${url.replace(/\?.*/, '')}`
}

function checkSeen(index: number, { status, body }: Seen, app: ZooApp, t: Test): void {
  const { status: expected, has } = app.requests[index]!
  t.equal(status, expected, titleOf(app, index))
  if (has) t.match(body, has, titleOf(app, index))
}

function compare(app: ZooApp, variant: string, index: number, before: Seen, after: Seen): void {
  for (const difference of differences(before, after))
    changes.push({
      app: app.name,
      variant,
      request: titleOf(app, index),
      isError: after.status >= 400,
      difference
    })
}

/** The losses of a client: the status that it relies on, and in answers that are no errors the text. */
function describeBroken(app: ZooApp, index: number, { status, body }: Seen): string[] {
  const { status: expected, has, url, body: sent } = app.requests[index]!
  const isChanged = changedStatuses.has(`${app.name}: ${url}`) || changedStatuses.has(`${app.name}: ${sent}`)
  if (isChanged) return []
  const lost = [
    ...(status === expected ? [] : [`status ${status}`]),
    ...(expected < 400 && has && !has.test(body) ? [`body ${body.slice(0, 200)}`] : [])
  ]
  return lost.map((what) => `${titleOf(app, index)}: ${what}`)
}
