// Writes results.md from the committed figures.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { variants } from './catalogue.mjs'
import { otherGoals } from './goals-beside.mjs'
import { goals } from './goals.mjs'
import { beside } from './report-beside.mjs'
import { blindSpots, method } from './report-method.mjs'
import { shown, table, thousands } from './table.mjs'

const file = join(import.meta.dirname, '..', 'results.md')

export function writeResults(data) {
  const parts = [
    '# Results',
    'Written by `npm run bench`; do not edit. What the figures mean and how to get them: [README](README.md).',
    `Measured ${data.date} on ${data.machine}, Node ${data.versions.node}, Fastify ${data.versions.fastify}.`,
    ...goalsSection(data),
    ...requestsSection(data.instructions),
    ...callsSection(data.instructions),
    ...beside(data),
    '## Method',
    method(data),
    '## Blind spots',
    blindSpots,
    '## Versions',
    Object.entries(data.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ') + '.'
  ]
  writeFileSync(file, `${parts.join('\n\n')}\n`)
}

const totalOf = (figures) => (name) => figures[name]?.instructions
const addedOf = (figures) => (name) => totalOf(figures)(name) - totalOf(figures)('bare')

function goalsSection(data) {
  const figures = data.instructions
  const row = (what, figure, most) => {
    // Compared as it is shown: no figure repeats to more than two digits behind the point.
    const held = Number(figure.toFixed(2)) <= most
    const verdict = Number.isNaN(figure) ? 'not measured' : held ? 'reached' : '**not reached**'
    return [what, shown(figure, 2), `≤ ${most}`, verdict]
  }
  return [
    '## Goals',
    'Instructions per request that a part adds over bare Fastify, as a ratio; "total" compares whole requests.',
    table(
      ['', 'ratio', 'goal', ''],
      goals.map(({ what, of, most }) => row(what, of(addedOf(figures), totalOf(figures)), most))
    ),
    'Beside requests:',
    table(
      ['', '', 'goal', ''],
      otherGoals.map(({ what, of, most }) => row(what, ifMeasured(of, data), most))
    )
  ]
}

/** A section that was not measured is not there. */
function ifMeasured(of, data) {
  try {
    return of(data)
  } catch {
    return NaN
  }
}

function requestsSection(figures) {
  const added = addedOf(figures)
  const ofRecipe = (name) => shown(added(name) / added('recipe'), 2)
  const rows = variants
    .filter(({ group, name }) => group !== 'calls' && figures[name])
    .map(({ name, against = [] }) => [
      name,
      thousands(figures[name].instructions),
      thousands(added(name)),
      ofRecipe(name),
      shown(figures[name].calls),
      against
        .filter((other) => figures[other] && !other.startsWith('bare'))
        .map((other) => `${shown(added(name) / added(other), 2)} × ${other}`)
        .join(', ')
    ])
  const missing = variants.filter(({ name }) => figures[name] === undefined).map(({ name }) => name)
  return [
    '## Per request',
    'Thousands of user-mode instructions; "added" is over bare. The last column compares what is added.',
    table(['', 'in all', 'added', '× recipe', 'system calls', 'compared'], rows),
    ...(missing.length === 0 ? [] : [`Not measured in this run: ${missing.join(', ')}.`])
  ]
}

function callsSection(figures) {
  const rows = variants
    .filter(({ group, name }) => group === 'calls' && figures[name])
    .map(({ name, against = [] }) => [
      name,
      thousands(figures[name].instructions),
      against
        .filter((other) => figures[other])
        .map((other) => `${shown(figures[name].instructions / figures[other].instructions, 2)} × ${other}`)
        .join(', ')
    ])
  return [
    '## Per guarded call',
    'A function that succeeds at once, called through a breaker, without HTTP. Thousands of instructions.',
    table(['', 'in all', 'compared'], rows)
  ]
}
