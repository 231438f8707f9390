import type { FastifyBaseLogger } from 'fastify'
import {
  destinationOf,
  needsMetadata,
  setDestination,
  streamSymbol,
  type Destination
} from '../internals/index.ts'

/** Takes the text of each line that the log has written, and pino's number of its level. */
export type LineSink = (text: string, level: number) => void

// Two apps may share a logger, and two copies of this package their process.
const kSinks = Symbol.for('seaworthy.line-sinks.v1')
type Tee = Destination & { [kSinks]?: LineSink[] }

/**
 * Passes each line of a logger and its children to `sink`, after the log's own destination has it. Of several apps with one
 * logger the first gets its lines. Returns how to end it, or `undefined` for a logger that is no pino.
 */
export function addLineSink(log: FastifyBaseLogger, sink: LineSink): (() => void) | undefined {
  const stream = streamSymbol(log)
  if (stream === undefined) return undefined
  const destination = destinationOf(log, stream) as Tee
  let sinks = destination[kSinks]
  if (sinks === undefined) {
    sinks = []
    setDestination(log, stream, tee(destination, sinks))
  }
  const list = sinks
  list.push(sink)
  return () => {
    const at = list.indexOf(sink)
    if (at >= 0) list.splice(at, 1)
  }
}

/** The names of an object's methods, inherited ones too: streams and file destinations have theirs on prototypes. */
function methodsOf(object: object): string[] {
  const names = new Set<string>()
  for (
    let owner: object | null = object;
    owner !== null && owner !== Object.prototype;
    owner = Object.getPrototypeOf(owner) as object | null
  ) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
      if (typeof value === 'function' && name !== 'constructor') names.add(name)
    }
  }
  return [...names]
}

/** A destination that has all members of another one, and asks for the level of each line. */
function tee(target: Destination, sinks: LineSink[]): Destination {
  const wantsMetadata = target[needsMetadata] === true
  const members = target as unknown as Record<string, unknown>
  const methods = methodsOf(target).map((name) => [
    name,
    { value: (members[name] as (...args: unknown[]) => unknown).bind(target), writable: true }
  ])
  const copy: Destination & Record<string, unknown> = Object.create(target, {
    ...(Object.fromEntries(methods) as PropertyDescriptorMap),
    [needsMetadata]: { value: true },
    takesText: { value: !wantsMetadata },
    [kSinks]: { value: sinks },
    lastLevel: { value: 0, writable: true },
    lastObj: { value: undefined, writable: true },
    lastMsg: { value: undefined, writable: true },
    lastTime: { value: undefined, writable: true },
    lastLogger: { value: undefined, writable: true }
  })
  copy.write = (text: string) => {
    if (wantsMetadata) {
      const { lastLevel, lastObj, lastMsg, lastTime, lastLogger } = copy
      Object.assign(target, { lastLevel, lastObj, lastMsg, lastTime, lastLogger })
    }
    const result = target.write(text)
    sinks[0]?.(text, copy.lastLevel!)
    return result
  }
  return copy
}
