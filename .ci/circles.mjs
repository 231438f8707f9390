// Import circles of files and of rooms, type imports included: data flows one way. A room is a folder below `src`, or a
// file in `src` itself.
import { cruise } from 'dependency-cruiser'
import { globSync } from 'node:fs'
import { dirname, join } from 'node:path'

const here = join(import.meta.dirname, '..')

const roomOf = (file) => (dirname(file).endsWith('/src') ? file : dirname(file))

/** Which room imports which, each with an import as an example. */
function roomImports(modules) {
  const imports = new Map()
  for (const { source, dependencies } of modules) {
    for (const { resolved } of dependencies) {
      const [from, to] = [roomOf(source), roomOf(resolved)]
      if (from === to) continue
      const targets = imports.get(from) ?? new Map()
      if (!targets.has(to)) targets.set(to, `${source} → ${resolved}`)
      imports.set(from, targets)
    }
  }
  return imports
}

/** The imports that lead from `start` back to it, on the shortest way. */
function circleThrough(start, imports) {
  const ways = [{ room: start, way: [] }]
  const seen = new Set()
  for (const { room, way } of ways) {
    for (const [next, example] of imports.get(room) ?? []) {
      if (next === start) return [...way, example]
      if (seen.has(next)) continue
      seen.add(next)
      ways.push({ room: next, way: [...way, example] })
    }
  }
  return undefined
}

function roomCircles(modules) {
  const imports = roomImports(modules)
  const circles = [...imports.keys()].map((room) => circleThrough(room, imports)).filter(Boolean)
  // The same circle is found from each of its rooms.
  const byMembers = new Map(circles.map((circle) => [circle.toSorted().join(), circle]))
  return [...byMembers.values()].map((circle) => `rooms:\n  ${circle.join('\n  ')}`)
}

/** Prints the circles and gives the exit status. */
export async function checkCircles(root = here) {
  const found = new Set()
  for (const folder of globSync('packages/*/src', { cwd: root }).toSorted()) {
    const { output } = await cruise(
      [folder],
      {
        baseDir: root,
        includeOnly: `^${folder}/`,
        tsPreCompilationDeps: true,
        validate: true,
        ruleSet: { forbidden: [{ name: 'circle', severity: 'error', from: {}, to: { circular: true } }] }
      },
      { extensions: ['.ts', '.js'] }
    )
    for (const { cycle = [], from } of output.summary.violations)
      found.add(`files:\n  ${from} → ${cycle.map(({ name }) => name).join(' → ')}`)
    for (const circle of roomCircles(output.modules)) found.add(circle)
  }
  for (const circle of found) console.error(circle)
  return found.size > 0 ? 1 : 0
}
