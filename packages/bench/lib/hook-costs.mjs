// Inside the measured process: the instructions of each hook, from its call until it calls `done`.
import { openSync, readSync } from 'node:fs'

const page = Buffer.alloc(8)
let file

/** Instructions of the process so far, from the page that the emulator's plugin writes. */
function count() {
  file ??= openSync(process.env.COUNT_FILE, 'r')
  readSync(file, page, 0, 8, 0)
  return Number(page.readBigUInt64LE(0))
}

/** Hooks of a request, and how many arguments come before `done`. */
const kinds = {
  onRequest: 2,
  preParsing: 3,
  preValidation: 2,
  preHandler: 2,
  preSerialization: 3,
  onSend: 3,
  onResponse: 2
}

const cells = new Map()

/** The owner of the caller: one of our packages, or another module. */
function caller() {
  const frames = new Error().stack.split('\n')
  const found = frames.map((frame) =>
    /(?:packages\/([\w-]+)\/dist|.*node_modules\/((?:@[\w-]+\/)?[\w-]+)\/)/.exec(frame)
  )
  const [, ours, theirs] =
    found.find((match) => match && match[2] !== 'fastify' && match[2] !== 'avvio') ?? []
  return ours ?? theirs ?? 'route'
}

function cellOf(what) {
  const label = `${what}, ${caller()}`
  const number = [...cells.keys()].filter((key) => key.startsWith(label)).length
  const cell = { instructions: 0 }
  cells.set(number === 0 ? label : `${label} (${number + 1})`, cell)
  return cell
}

/** The same function, counted. Calls after its end are counted for their own functions. */
function counted(kind, hook) {
  const cell = cellOf(kind)
  const before = kinds[kind]
  const run = (self, given, done) => {
    let start = 0
    const next = (...results) => {
      cell.instructions += count() - start
      done(...results)
    }
    start = count()
    hook.call(self, ...given, next)
  }
  // Fastify looks at how many arguments a hook takes.
  return before === 2
    ? function (request, reply, done) {
        run(this, [request, reply], done)
      }
    : function (request, reply, payload, done) {
        run(this, [request, reply, payload], done)
      }
}

function plain(name, original) {
  const cell = cellOf(name)
  return function (...given) {
    const start = count()
    const result = original.apply(this, given)
    cell.instructions += count() - start
    return result
  }
}

const callback = (kind, hook) => kind in kinds && hook.length > kinds[kind]

/** Fastify, whose apps count their hooks. */
export const watched = (Fastify) => (options) => {
  const copy = { ...options }
  for (const name of ['genReqId', 'childLoggerFactory']) {
    // Properties of the function itself are kept.
    if (copy[name]) copy[name] = Object.assign(plain(name, copy[name]), copy[name], symbolsOf(copy[name]))
  }
  const app = Fastify(copy)
  const { addHook } = app
  app.addHook = function (kind, hook) {
    return addHook.call(this, kind, callback(kind, hook) ? counted(kind, hook) : hook)
  }
  return app
}

const symbolsOf = (from) =>
  Object.fromEntries(Object.getOwnPropertySymbols(from).map((symbol) => [symbol, from[symbol]]))

/** A route's own hooks. */
export const watchedRoute = (options) =>
  Object.fromEntries(
    Object.entries(options).map(([kind, hooks]) => [
      kind,
      kind in kinds ? [hooks].flat().map((hook) => counted(kind, hook)) : hooks
    ])
  )

/** Instructions of each since the last time, and of the counting itself. */
export function costs() {
  let itself = Infinity
  for (let round = 0; round < 100; round++) itself = Math.min(itself, -count() + count())
  const result = [...cells].map(([name, { instructions }]) => ({ name, instructions }))
  for (const cell of cells.values()) cell.instructions = 0
  return { itself, hooks: result }
}
