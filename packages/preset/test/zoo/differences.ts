import type { Seen } from './run.ts'

/** Headers whose value differs from one response to the next. */
const volatile = new Set([
  'date',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'etag',
  'last-modified'
])

/** How a response differs from that of the app without us, in words for the table. */
export function differences(before: Seen, after: Seen): string[] {
  const names = new Set([...Object.keys(before.headers), ...Object.keys(after.headers)])
  const headers = [...names]
    .filter((name) => !volatile.has(name) && !isCounted(name, before))
    .toSorted()
    .flatMap((name) => describeHeader(name, before.headers[name], after.headers[name]))
  return [
    ...(before.status === after.status ? [] : [`status ${before.status} → ${after.status}`]),
    ...describeBody(before, after),
    ...headers
  ]
}

/** Values that differ from one request to the next. A limit that was not there before is a difference. */
const isCounted = (name: string, before: Seen): boolean =>
  name === 'set-cookie' || (name.startsWith('x-ratelimit') && name in before.headers)

function describeHeader(name: string, before: string | undefined, after: string | undefined): string[] {
  if (before === undefined) return [`+ \`${name}\``]
  if (after === undefined) return [`− \`${name}\``]
  return isSame(before, after) ? [] : [`\`${name}\`: \`${before}\` → \`${after}\``]
}

/** Identifiers and times differ in every run. */
const isSame = (before: string, after: string): boolean => withoutIds(before) === withoutIds(after)

const withoutIds = (text: string): string =>
  text
    .replaceAll(/req-\w+|[0-9a-f]{8}-[0-9a-f-]{27}|[A-Za-z0-9_-]{20,}/g, 'ID')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z|127\.0\.0\.1:\d+|\d{6,}/g, 'N')

function describeBody(before: Seen, after: Seen): string[] {
  if (isSame(before.body, after.body)) return []
  const [old, now] = [parse(before.body), parse(after.body)]
  if (old === undefined || now === undefined) return ['another body']
  const added = Object.keys(now).filter((name) => !(name in old))
  const removed = Object.keys(old).filter((name) => !(name in now))
  const changed = Object.keys(now).filter(
    (name) => name in old && !isSame(JSON.stringify(old[name]), JSON.stringify(now[name]))
  )
  const words = [
    ['+', added],
    ['−', removed],
    ['other', changed]
  ] as const
  return words.flatMap(([sign, keys]) =>
    keys.length === 0 ? [] : [`body: ${sign} ${keys.map((key) => `\`${key}\``).join(', ')}`]
  )
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
