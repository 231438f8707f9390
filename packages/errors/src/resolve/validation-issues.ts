import { isObject } from '@seaworthy/internal'

/** The lists in which validation libraries keep what is wrong: Ajv, Joi, Yup, Zod and Valibot, ArkType, VineJS, myzod. */
const listNames = [
  'validation',
  'details',
  'inner',
  'issues',
  'arkErrors',
  'messages',
  'collectedErrors',
  'errors'
] as const

/** The list of what is wrong, or the error itself where it stands for one failure. `undefined`: it names none. */
export function issuesOf(error: object): readonly unknown[] | undefined {
  const members = error as Record<string, unknown>
  // Yup's error has its own path if it stopped at the first failure.
  const isFirst = typeof members['path'] === 'string' && Array.isArray(members['errors'])
  for (const name of listNames) {
    const list = name === 'errors' && isFirst ? undefined : members[name]
    // Lists of this name are often the texts for people.
    const isList = Array.isArray(list) && (name === 'errors' ? list.some(isObject) : list.length > 0)
    if (isList) return list as unknown[]
    // Mongoose has an object of errors by path.
    if (name === 'errors' && isObject(list)) return Object.values(list)
  }
  const { validation, failures } = members
  // A validator may return its failures as an object that is no error: Fastify keeps it here.
  if (isObject(validation)) return issuesOf(validation)
  // Superstruct makes its list on demand.
  if (typeof failures === 'function') return firstOf(failures.call(error) as Iterable<unknown>)
  return isFirst || Array.isArray(members['path']) ? [error] : undefined
}

/** Names of classes by which libraries say that data are not valid: `StructError`, `TypeGuardError`, `ParseError`. */
const failureName = /valid|struct|guard|pars|decod|assert|schema|constraint|argument/i

/** Whether a class of a library says that data are not valid, without a list of what is wrong. */
export const isNamedFailure = (className: string): boolean => failureName.test(className)

const maxIssues = 50

/** The first items of an iterable: nothing says that it ends. */
function firstOf(iterable: Iterable<unknown>): unknown[] {
  const items: unknown[] = []
  for (const item of iterable) if (items.push(item) === maxIssues) break
  return items
}
