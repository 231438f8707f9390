import { check } from '../option-checks.ts'

const token = /^[!#$%&'*+.^_`|~\w-]+$/

type Names = string | string[] | undefined

/** The options of CORS that have names. */
interface NamesOfCors {
  readonly credentials?: boolean | undefined
  readonly exposedHeaders?: Names
  readonly allowedHeaders?: Names
  readonly methods?: Names
}

/** Rejects names that no header can carry, and those that browsers compare with nothing they send. */
export function checkNames(
  option: string,
  list: 'exposedHeaders' | 'allowedHeaders' | 'methods',
  options: NamesOfCors
): void {
  const rule = list === 'methods' ? 'a method or a list of them' : 'a header name or a list of them'
  if (options[list] === '') return
  for (const text of [options[list] ?? []].flat() as unknown[]) {
    // @fastify/cors takes a list within a text too, and an empty one for none.
    const names = typeof text === 'string' ? text.split(',').map((name) => name.trim()) : []
    if (names.length === 0 || !names.every((name) => token.test(name)))
      check.fail(`${option}.${list}`, rule, text)
    if (list === 'methods' && text !== (text as string).toUpperCase())
      check.fail(`${option}.methods`, 'in capital letters: browsers tell them apart', text)
    if (options.credentials && names.includes('*'))
      check.fail(`${option}.${list}`, `a list of names: with "${option}.credentials", * is no wildcard`, text)
  }
}
