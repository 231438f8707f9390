// The section of results.md on how costs grow with the work.
import { shown, table, thousands } from './table.mjs'

const longest = ({ longestMs, ownMs }) => `${shown(longestMs)} (${shown(ownMs)})`

const afterKeysTitles = ['CPU µs', 'longest turn ms', 'MB']

/** The figures after many keys. */
const afterKeys = ({ microseconds, heapMB, ...turns }) => [shown(microseconds), longest(turns), shown(heapMB)]

export function growth({ routes, clients, tokens, connections, breakers }) {
  const parts = []
  if (routes)
    parts.push(
      'Routes of the preset, requests spread over all of them, and the memory their metrics and tables take is theirs:',
      table(
        ['routes', 'thousands of instructions per request', 'bare', 'added'],
        routes.map(({ count, instructions, bare }) => [
          count,
          thousands(instructions),
          thousands(bare),
          thousands(instructions - bare)
        ])
      )
    )
  if (clients)
    parts.push(
      'Clients of the rate limit in memory, one after the other. `cache` is how many are counted one by one. MB of heap ' +
        'that so many leave, CPU of a request after that, and of the longest turn of the event loop until then, in brackets ' +
        'without garbage collection; of two rounds the lesser, of memory the greater:',
      table(
        ['', 'clients', 'cache', 'thousands of instructions', ...afterKeysTitles],
        clients.map(({ name, count, cache, instructions, ...rest }) => [
          name,
          count,
          cache ?? '–',
          instructions === undefined ? '–' : thousands(instructions),
          ...afterKeys(rest)
        ])
      )
    )
  if (tokens)
    parts.push(
      'Tokens of `auth: jwt`, 100,000 requests with one after the other. `cache` is how many are remembered. Of two rounds likewise:',
      table(
        ['tokens', 'cache', ...afterKeysTitles],
        tokens.map(({ count, cache, ...rest }) => [count, cache, ...afterKeys(rest)])
      )
    )
  if (connections)
    parts.push(
      'Keep-alive connections to the preset, all in use; and the RSS of each that has had one request and is idle:',
      table(
        ['connections', 'CPU µs per request', 'bare', 'RSS, MB more', 'bare', 'idle, KB each', 'bare'],
        connections.map(({ count, microseconds, rssMB, idleKB, bare }) => [
          count,
          shown(microseconds),
          shown(bare.microseconds),
          shown(rssMB),
          shown(bare.rssMB),
          idleKB === undefined ? '–' : shown(idleKB),
          idleKB === undefined ? '–' : shown(bare.idleKB)
        ])
      )
    )
  if (breakers)
    parts.push(
      'Breakers of one name by key: bytes of each and CPU of all while they are idle, and a call when all are in use:',
      table(
        ['breakers', 'bytes each', 'CPU ms per second, all', 'thousands of instructions per call'],
        breakers.map(({ count, bytesEach, cpuMsPerSecond, instructions }) => [
          count,
          shown(bytesEach, 0),
          shown(cpuMsPerSecond, 2),
          thousands(instructions)
        ])
      )
    )
  return parts
}
