// The committed figures: one file that results.md is written from and that --guard compares with.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { machine, versions } from './machine.mjs'

const file = join(import.meta.dirname, '..', 'baseline.json')

export function readData() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return { instructions: {} }
    throw error
  }
}

export const writeData = (data) => writeFileSync(file, `${JSON.stringify(data, rounded, 2)}\n`)

/** Four digits carry all that a measurement can say. */
const rounded = (key, value) =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value

/** The committed figures, replaced by those that have been measured since. */
export function merged(committed, { failures: _failures, ...fresh }, variants) {
  const all = { ...committed.instructions, ...fresh.instructions }
  const instructions = variants.flatMap(({ name }) => (name in all ? [[name, all[name]]] : []))
  return {
    ...committed,
    ...fresh,
    instructions: Object.fromEntries(instructions),
    machine: machine(),
    versions: versions(),
    date: new Date().toISOString().slice(0, 10)
  }
}
