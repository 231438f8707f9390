import type { FastifyReply } from 'fastify'
import { ServerResponse, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { blockOf, linesBeside, type Block } from './block.ts'

/** Node's own step from a head to text. It is not documented, so `writesBlocks` tries it before it is relied on. */
interface HeadWriter {
  _storeHeader(firstLine: string, headers: unknown): void
}
const native = ServerResponse.prototype as ServerResponse & HeadWriter

const kHeaders = Symbol('seaworthy.security.headers')
const kLimits = Symbol('seaworthy.security.limits')

/** Whose block it is. */
export type Slot = 'headers' | 'limits'
const slots = { headers: kHeaders, limits: kLimits } as const

interface Blocks {
  [kHeaders]?: Block | undefined
  [kLimits]?: Block | undefined
}

type BlockResponse = ServerResponse & HeadWriter & Blocks

/**
 * What a response with blocks does differently. One by one, Node checks and joins headers for each answer, which costs
 * more than the rest of a small one: blocks are lines already. Whatever writes the head sends them, a stream and a
 * hijacked reply too. To who reads, changes or removes headers they are headers like others.
 */
const methods = {
  _storeHeader(this: BlockResponse, firstLine: string, headers: unknown): void {
    const { [kHeaders]: fixed, [kLimits]: limits } = this
    let lines = firstLine
    if (fixed !== undefined) lines += linesBeside(fixed, headers)
    if (limits !== undefined) lines += linesBeside(limits, headers)
    native._storeHeader.call(this, lines, headers)
  },
  getHeader(this: BlockResponse, name: string): number | string | string[] | undefined {
    return native.getHeader.call(this, name) ?? holderOf(this, name)?.values.get(name.toLowerCase())
  },
  hasHeader(this: BlockResponse, name: string): boolean {
    return native.hasHeader.call(this, name) || holderOf(this, name) !== undefined
  },
  getHeaders(this: BlockResponse): OutgoingHttpHeaders {
    const carried = [...(this[kHeaders]?.values ?? []), ...(this[kLimits]?.values ?? [])]
    return Object.assign(Object.create(null), Object.fromEntries(carried), native.getHeaders.call(this))
  },
  getHeaderNames(this: BlockResponse): string[] {
    return Object.keys(this.getHeaders())
  },
  appendHeader(this: BlockResponse, name: string, value: string | readonly string[]): BlockResponse {
    loosen(this, name)
    return native.appendHeader.call(this, name, value) as BlockResponse
  },
  removeHeader(this: BlockResponse, name: string): void {
    loosen(this, name)
    native.removeHeader.call(this, name)
  }
}

/** On the response itself: another prototype would cost more than all that is saved. */
function install(response: BlockResponse): void {
  response._storeHeader = methods._storeHeader
  response.getHeader = methods.getHeader
  response.hasHeader = methods.hasHeader
  response.getHeaders = methods.getHeaders
  response.getHeaderNames = methods.getHeaderNames
  response.appendHeader = methods.appendHeader
  response.removeHeader = methods.removeHeader
}

function holderOf({ [kHeaders]: fixed, [kLimits]: limits }: Blocks, name: string): Block | undefined {
  const small = name.toLowerCase()
  if (fixed?.names.has(small) === true) return fixed
  return limits?.names.has(small) === true && limits.values.has(small) ? limits : undefined
}

/** One of a block is to be changed: from here on they are single headers. */
function loosen(response: BlockResponse, name: string): void {
  const block = holderOf(response, name)
  if (block === undefined) return
  response[block === response[kHeaders] ? kHeaders : kLimits] = undefined
  for (const [each, value] of block.values) if (!response.hasHeader(each)) response.setHeader(each, value)
}

/** Whether this Node writes a head as it always has. If one day it does not, headers are set one by one. */
function writesBlocks(): boolean {
  try {
    const request = { method: 'GET', httpVersionMajor: 1, httpVersionMinor: 1 } as IncomingMessage
    const response = new ServerResponse(request) as BlockResponse
    install(response)
    response[kHeaders] = blockOf({ 'x-first': 'yes' })
    response.writeHead(200, { 'x-second': 'yes' })
    const { _header: head } = response as { _header?: unknown }
    return String(head).startsWith('HTTP/1.1 200 OK\r\nx-first: yes\r\nx-second: yes\r\n')
  } catch {
    return false
  }
}

/** What is needed of a reply: while closing there is only a response. */
type Answer = Pick<FastifyReply, 'raw' | 'hasHeader'>

/** Gives an answer a block instead of the one in that slot. What the app has set itself stays. */
export type Carry = (reply: Answer, block: Block | undefined) => void

/** Bound once at the start. */
export function carrier(slot: Slot): Carry {
  const key = slots[slot]
  if (!writesBlocks()) return (reply, block) => carryEach(reply, key, block)
  return (reply, block) => {
    const raw = reply.raw as BlockResponse
    const { _storeHeader: store } = raw
    if (store !== methods._storeHeader) {
      if (store !== native._storeHeader || Object.getPrototypeOf(raw) !== native)
        return carryEach(reply, key, block)
      install(raw)
    }
    raw[key] = block
  }
}

/** What an answer carries in a slot. */
export const carried = ({ raw }: FastifyReply, slot: Slot): Block | undefined => (raw as Blocks)[slots[slot]]

/** Where the response is none of Node's plain ones: HTTP/2, `inject`, somebody's own class. */
function carryEach(reply: Answer, key: typeof kHeaders | typeof kLimits, block: Block | undefined) {
  const raw = reply.raw as FastifyReply['raw'] & Blocks
  for (const [name, value] of raw[key]?.values ?? []) {
    if (raw.getHeader(name) === value) raw.removeHeader(name)
  }
  raw[key] = block
  for (const [name, value] of block?.values ?? []) if (!reply.hasHeader(name)) raw.setHeader(name, value)
}
