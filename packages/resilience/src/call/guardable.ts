import type { CallContext } from './call.ts'

/**
 * A function that a breaker can guard: its first parameter is the call's context, further ones are its arguments.
 *
 * An unannotated parameter gets its type from here, and a default value (`n = 3`) gives the type only if there is none
 * to get. So a function must see a signature that ends where its required parameters end. TypeScript leaves out
 * signatures that are too short for a function, and takes none from an object that offers two which it cannot unite, as
 * these pairs of a generic and a plain one. Each pair but one is thus either too short or ambiguous. The last pair,
 * always ambiguous, is what every guarded function is checked against.
 *
 * @example
 * const guard = <Fn extends Guardable>(name: string, fn: Fn) => app.resilience.breaker(name, fn)
 * const prices = guard('prices', async (_context: CallContext, _item: string) => 42)
 */
export type Guardable =
  | ((context: CallContext) => unknown)
  | Either<[], [unknown]>
  | Either<[unknown], [unknown, unknown]>
  | Either<[unknown, unknown], [unknown, unknown, unknown]>
  | Either<[unknown, unknown, unknown], [unknown, unknown, unknown, unknown]>
  | Either<[unknown, unknown, unknown, unknown], [unknown, unknown, unknown, unknown, unknown]>
  // oxlint-disable-next-line typescript/no-explicit-any -- arguments may be anything; their types are inferred
  | Either<any, any>

interface Either<Shorter extends unknown[], Longer extends unknown[]> {
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- makes the two differ
  <Result>(context: CallContext, ...args: Shorter): Result
  (context: CallContext, ...args: Longer): unknown
}

/**
 * The parameters of a guarded function after the context.
 *
 * @example
 * const price = async (_context: CallContext, _item: string) => 42
 * const args: GuardedArgs<typeof price> = ['book']
 */
export type GuardedArgs<Fn> = Fn extends (context: never, ...args: infer Args) => unknown ? Args : never

/**
 * The awaited result of a guarded function.
 *
 * @example
 * const price = async (_context: CallContext) => 42
 * const none: GuardedResult<typeof price> = 0
 * app.resilience.breaker('prices', price, { fallback: () => none })
 */
export type GuardedResult<Fn> = Fn extends (context: never, ...args: never) => infer Result
  ? Awaited<Result>
  : never
