import { ServerResponse, type IncomingMessage } from 'node:http'
import { blockOf, linesBeside } from './header-block.ts'
import { kCors, kHeaders, kLimits, native, type BlockResponse } from './symbols.ts'

/**
 * One by one, Node checks and joins headers for each answer, which costs more than the rest of a small one: blocks are
 * lines already, put behind the first. Whatever writes the head sends them, a stream and a hijacked reply too.
 */
function storeHeader(this: BlockResponse, firstLine: string, headers: unknown): void {
  const { [kHeaders]: fixed, [kCors]: cors, [kLimits]: limits } = this
  let lines = firstLine
  if (fixed !== undefined) lines += linesBeside(fixed, headers)
  if (cors !== undefined) lines += linesBeside(cors, headers)
  if (limits !== undefined) lines += linesBeside(limits, headers)
  native._storeHeader.call(this, lines, headers)
}

export function sendAsLines(response: BlockResponse): void {
  response._storeHeader = storeHeader
}

/** Whether this Node writes a head as it always has. The step is not documented, so it is tried. */
export function writesLines(): boolean {
  // Bun has the step for a response made by hand, and writes those of its server without it.
  if (process.versions.bun !== undefined) return false
  try {
    const request = { method: 'GET', httpVersionMajor: 1, httpVersionMinor: 1 } as IncomingMessage
    const response = new ServerResponse(request) as BlockResponse
    sendAsLines(response)
    response[kHeaders] = blockOf({ 'x-first': 'yes' })
    response.writeHead(200, { 'x-second': 'yes' })
    const { _header: head } = response as { _header?: unknown }
    return String(head).startsWith('HTTP/1.1 200 OK\r\nx-first: yes\r\nx-second: yes\r\n')
  } catch {
    return false
  }
}
