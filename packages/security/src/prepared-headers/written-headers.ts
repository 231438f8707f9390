/**
 * The value of a header in any of the forms of Node's HTTP: an object of values, Node's own object of names with values,
 * a list of names and values, flat or in pairs. `name` in lower case; of other spellings, objects have `Content-Type`.
 */
export function writtenHeader(headers: unknown, name: string): unknown {
  if (typeof headers !== 'object' || headers === null) return undefined
  if (Array.isArray(headers)) {
    const list: unknown[] = Array.isArray(headers[0]) ? headers.flat(1) : headers
    const at = list.findIndex((each, index) => index % 2 === 0 && String(each).toLowerCase() === name)
    return at < 0 ? undefined : list[at + 1]
  }
  const value =
    (headers as Record<string, unknown>)[name] ?? (headers as Record<string, unknown>)[titleCase(name)]
  const named = Array.isArray(value) && value.length === 2 && String(value[0]).toLowerCase() === name
  return named ? (value as unknown[])[1] : value
}

const titleCases: Readonly<Record<string, string>> = { 'content-type': 'Content-Type', vary: 'Vary' }
const titleCase = (name: string): string => titleCases[name] ?? name

/** Documents, and scripts: a worker has the policy of its script. */
const ofPages = /^(?:text\/(?:html|javascript)|application\/(?:xhtml\+xml|javascript))/i

/** Whether a response with this content type is a page, or a part that needs the headers of one. */
export const isPageType = (type: unknown): boolean =>
  typeof type === 'string' && !type.startsWith('application/json') && ofPages.test(type)

/** Whether a block's `Vary` stays beside that of the response, which the route has set to something else. */
export function addsToVary(name: string, headers: unknown): boolean {
  if (name !== 'vary') return false
  const names = textOf(writtenHeader(headers, 'vary'))
    .toLowerCase()
    .split(/[\s,]+/)
  return !names.includes('origin') && !names.includes('*')
}

/** The text of a header with one value or several. */
export function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ')
  return typeof value === 'string' ? value : ''
}
