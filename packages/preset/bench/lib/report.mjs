// Writes results.md from the committed figures.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { variants } from './catalogue.mjs'
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
    ...goalsSection(data.instructions),
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

function goalsSection(figures) {
  const rows = goals.map(({ what, of, most }) => {
    const ratio = of(addedOf(figures), totalOf(figures))
    const verdict = Number.isNaN(ratio) ? 'not measured' : ratio <= most ? 'reached' : '**not reached**'
    return [what, shown(ratio, 2), `≤ ${most}`, verdict]
  })
  return [
    '## Goals',
    'Instructions per request that a part adds over bare Fastify, as a ratio; "total" compares whole requests.',
    table(['', 'ratio', 'goal', ''], rows)
  ]
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
        .filter((other) => figures[other] && other !== 'bare again' && other !== 'bare, 404')
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
