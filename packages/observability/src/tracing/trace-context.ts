/** The fields of a `traceparent` header. */
export interface TraceParent {
  traceId: string
  /** Two hexadecimal digits; the lowest bit is "sampled". */
  flags: string
}

const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** Reads a `traceparent` of W3C Trace Context. `undefined` where the header must be ignored. */
export function parseTraceparent(header: string | undefined): TraceParent | undefined {
  if (header === undefined || header.length < 55) return undefined
  const [, version, traceId = '', parentId = '', flags = '', more] = pattern.exec(header) ?? []
  // Version ff is invalid, version 00 has exactly four fields, later versions may have more.
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined
  return { traceId, flags: version === '00' ? flags : knownFlags(flags) }
}

/** Of the flags of a later version only "sampled" and "random" are defined. */
const knownFlags = (flags: string): string => `0${Number.parseInt(flags, 16) & 3}`

export const isSampled = (flags: string): boolean => (Number.parseInt(flags, 16) & 1) === 1

// The key of level 2, which allows all that level 1 does: a digit first, and an `@` anywhere else.
const key = /^[a-z\d][a-z\d_\-*/@]{0,255}$/
const value = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/

/** A `tracestate` to send on, without empty members. `undefined` where the whole header must be dropped. */
export function validTracestate(header: string | undefined): string | undefined {
  if (header === undefined) return undefined
  const members = header
    .split(',')
    .map((member) => member.replace(/^[\t ]+|[\t ]+$/g, ''))
    .filter((member) => member !== '')
  const valid = members.length > 0 && members.length <= 32 && members.every(validMember)
  return valid ? members.join(',') : undefined
}

function validMember(member: string): boolean {
  const equals = member.indexOf('=')
  return equals > 0 && key.test(member.slice(0, equals)) && value.test(member.slice(equals + 1))
}
