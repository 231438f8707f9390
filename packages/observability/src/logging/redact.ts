import { types } from 'node:util'
import { namesSecret, scrubText } from '@seaworthy/internal'
import { errorJson } from './bounded-json.ts'
import { isError } from './is-error.ts'
import { textOf } from './text-of.ts'
import { isNamedSecret, isValueName, namesHeaders, withoutNamedSecrets } from './named-values.ts'

const redacted = '[redacted]'
const maxDepth = 10
const maxMembers = 2000

/** Parts of which each text with a secret has one. Most texts have none, and need no further look. */
const hint =
  /[:=@>("'`%]|eyJ|begin|\s-\w|--\w|\b(?:cookie|authorization|bearer|basic|digest|negotiate|ntlm|dpop|apikey|gh[pousr]_|github_pat_|glpat-|xox|[rs]k[-_]|whsec_|npm_|sg\.|a[ks]ia|aiza|ya29|age-secret|hooks\.slack|webhooks\/)/i

/** A text without what looks like a secret. */
export const redactText = (text: string): string => (hint.test(text) ? scrubText(text) : text)

/**
 * A value without secrets: those of members that are named like one, and those in texts. Errors become those that lines
 * show. What has none is returned as it is; the rest is copied.
 */
export function redact(value: unknown): unknown {
  try {
    return redactValue(value, 0, { left: maxMembers })
  } catch (error) {
    // A getter threw.
    return unreadable(error)
  }
}

const unreadable = (error: unknown): string => `unreadable: ${redactText(textOf(error))}`

/**
 * A section of the operators' page without secrets. Its members may be the names of checks and breakers: one that is
 * named like a secret hides a text, no object and no number.
 */
export const redactSection = (section: unknown): unknown =>
  redactValue(section, 0, { left: maxSectionMembers, keepsNamed: true })

const maxSectionMembers = 20_000

interface Budget {
  left: number
  keepsNamed?: boolean
}

function redactValue(value: unknown, depth: number, budget: Budget): unknown {
  if (typeof value === 'string') return redactText(value)
  if (isError(value)) return errorJson(value)
  // JSON would have their bytes.
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`
  if (!hasMembers(value)) return value
  if (depth === maxDepth || budget.left <= 0) return '…'
  if (typeof (value as Formed).toJSON === 'function') return redactForm(value as Formed, depth, budget)
  return Array.isArray(value) ? redactItems(value, depth, budget) : redactMembers(value, depth, budget)
}

function redactItems(all: readonly unknown[], depth: number, budget: Budget, areHeaders = false): unknown {
  let copy: unknown[] | undefined
  const list = withoutNamedSecrets(all, areHeaders)
  for (const [index, item] of list.entries()) {
    budget.left--
    const clean = redactValue(item, depth + 1, budget)
    if (clean !== item) (copy ??= [...list])[index] = clean
  }
  return copy ?? list
}

function redactMembers(value: object, depth: number, budget: Budget): unknown {
  let copy: Record<string, unknown> | undefined
  const isText = budget.keepsNamed === true
  const hidesValue = !isText && isNamedSecret(value)
  const { entries, areCopied } = membersOf(value)
  if (areCopied) copy = Object.fromEntries(entries)
  for (const [name, member] of entries) {
    budget.left--
    const hides = mayBeSecret(member, isText) && (namesSecret(name) || (hidesValue && isValueName(name)))
    const clean = hides ? redacted : redactMember(name, member, depth + 1, budget)
    if (clean !== member) (copy ??= { ...value })[name] = clean
  }
  return copy ?? value
}

/** The members. One whose getter throws has a text instead. */
function membersOf(value: object): { entries: [name: string, member: unknown][]; areCopied: boolean } {
  try {
    return { entries: Object.entries(value), areCopied: false }
  } catch {
    const read = (name: string): [string, unknown] => {
      try {
        return [name, (value as Record<string, unknown>)[name]]
      } catch (error) {
        return [name, unreadable(error)]
      }
    }
    return { entries: Object.keys(value).map(read), areCopied: true }
  }
}

function redactMember(name: string, member: unknown, depth: number, budget: Budget): unknown {
  const areHeaders = Array.isArray(member) && namesHeaders(name) && depth < maxDepth
  return areHeaders ? redactItems(member, depth, budget, true) : redactValue(member, depth, budget)
}

const mayBeSecret = (member: unknown, isText: boolean): boolean =>
  isText ? typeof member === 'string' : member !== undefined && member !== null && typeof member !== 'boolean'

interface Formed {
  toJSON(): unknown
}

/** A value that decides by itself what JSON shows of it: a URL, the headers of a client. */
function redactForm(value: Formed, depth: number, budget: Budget): unknown {
  budget.left--
  try {
    const form = value.toJSON()
    const clean = redactValue(form, depth + 1, budget)
    return clean === form ? value : clean
  } catch (error) {
    return unreadable(error)
  }
}

/** Whether JSON would show the members of a value. */
const hasMembers = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !types.isProxy(value)
