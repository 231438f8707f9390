import crypto from 'node:crypto'
import { check } from '../core/option-checks.ts'

/**
 * The cost of a password hash by Argon2id. Less than what OWASP recommends stops the start: with less memory it takes more
 * iterations.
 *
 * @example
 * const argon2id: Argon2idOptions = { memory: 47_104, iterations: 1 }
 * await app.register(auth, { login: { argon2id } })
 */
export interface Argon2idOptions {
  /**
   * Memory of one hash. KiB, 7168 to 1048576.
   *
   * @defaultValue 19456
   */
  memory?: number

  /**
   * The number of passes over the memory: at least 1 from 47104 KiB on, 2 from 19456, 3 from 12288, 4 from 9216, else 5. 20 at most.
   *
   * @defaultValue 2
   */
  iterations?: number

  /**
   * The number of lanes of the memory, 1 to 16.
   *
   * @defaultValue 1
   */
  parallelism?: number
}

export type ResolvedArgon2id = Required<Argon2idOptions>

export const argon2idDefaults = {
  memory: 19_456,
  iterations: 2,
  parallelism: 1
} as const satisfies ResolvedArgon2id

/** OWASP's minima: KiB of memory, and the iterations that it then takes. */
const minima = [
  [47_104, 1],
  [19_456, 2],
  [12_288, 3],
  [9216, 4],
  [7168, 5]
] as const

export const maxMemory = 1_048_576
export const maxIterations = 20
export const maxParallelism = 16

export function resolveArgon2id(options: Argon2idOptions | undefined): ResolvedArgon2id | undefined {
  if (options === undefined) return undefined
  check.object('login.argon2id', options)
  check.keys('login.argon2id', options, Object.keys(argon2idDefaults))
  // oxlint-disable-next-line typescript/no-unnecessary-condition -- Node has it since 24.7
  if (crypto.argon2 === undefined)
    check.failWith('login.argon2id', 'left out before Node 24.7, which has Argon2', `Node ${process.version}`)
  const { memory, iterations, parallelism } = { ...argon2idDefaults, ...options }
  const least = minima.at(-1)![0]
  check.integer('login.argon2id.memory', memory, { min: least, max: maxMemory, unit: 'KiB' })
  const [from, passes] = minima.find(([kibibytes]) => memory >= kibibytes)!
  if (!Number.isInteger(iterations) || iterations < passes || iterations > maxIterations)
    check.fail(
      'login.argon2id.iterations',
      `a whole number from ${passes} to ${maxIterations} with ${from} KiB or a little more, as OWASP recommends`,
      iterations
    )
  check.integer('login.argon2id.parallelism', parallelism, { min: 1, max: maxParallelism })
  return { memory, iterations, parallelism }
}
