import { nearest, withoutByteOrderMark } from '@seaworthy/internal'
import { environmentSchema } from './schema.ts'

/**
 * The problem of a variable whose name is similar to one that is unset; a warning, where it may be a variable of other
 * code.
 */
export function problemOfName(
  name: string,
  unset: readonly string[]
): { warning?: string; problem?: string } {
  const unmarked = withoutByteOrderMark(name)
  if (unmarked !== name && unset.includes(unmarked))
    return {
      problem: `the name of ${unmarked} begins with a byte order mark: save the file of variables without it`
    }
  const near = suggestion(name, unset)
  if (near === undefined) return warningOfPrefix(name)
  return isSlip(name.replace(/_FILE$/, ''), near)
    ? { problem: `${name} is not a variable, did you mean ${near}?` }
    : { warning: `does not read ${name}, did you mean ${near}?` }
}

/** Names that Kubernetes and Docker set beside a Service or container with this name. */
const ofLink =
  /^SEAWORTHY_(?:\w+_)?(?:SERVICE_(?:HOST|PORT(?:_\w+)?)|PORT_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?|ENV_\w+|NAME)$/

/** The warning for a name with the prefix of the preset that it does not read: `SEAWORTHY_DISABLE`, `SEAWORTHY_LOG_LEVEL`. */
function warningOfPrefix(name: string): { warning?: string } {
  if (!name.startsWith(prefix) || name === ofPreload || ofLink.test(name)) return {}
  const names = Object.keys(environmentSchema.properties)
  const rest = name.slice(prefix.length)
  const others = [...names.filter((each) => each.startsWith(prefix)), ofPreload].join(', ')
  return {
    warning: names.includes(rest.replace(/_FILE$/, ''))
      ? `does not read ${name}, write ${rest}`
      : `does not read ${name}: only ${others} begin with ${prefix}`
  }
}

const prefix = 'SEAWORTHY_'
/** Not a variable of the preset: the preload of an agent reads it. */
const ofPreload = 'SEAWORTHY_APM'

/**
 * Whether letters are exchanged or one is missing. With another or a further letter (`CORS_ORIGINS`, `REDIS_TTL`), or in
 * the singular (`LOG_DETAIL`), it is more often a variable of other code, which must not stop the start.
 */
function isSlip(name: string, near: string): boolean {
  const letters = (text: string) => text.split('').toSorted().join('')
  if (letters(name) === letters(near)) return true
  if (`${name}S` === near) return false
  const isShorter = name.length < near.length
  return isShorter && near.split('').some((_, at) => near.slice(0, at) + near.slice(at + 1) === name)
}

/** Short names are similar by chance (`POST`, `HOSTS`), so only longer ones get a suggestion. */
function suggestion(name: string, unset: readonly string[]): string | undefined {
  if (name.length < 7) return undefined
  return nearest(
    name.replace(/_FILE$/, ''),
    unset.filter((candidate) => candidate.length >= 7)
  )
}
