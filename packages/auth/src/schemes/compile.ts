import type { AuthError } from '../core/errors.ts'
import type { Identity, SchemeName } from '../core/identity.ts'
import { branchesOf } from './expression.ts'
import type { Identify, Scheme, SchemeExpression } from './types.ts'

/** Compiles an expression into one function. */
export function compileSchemes(
  expression: SchemeExpression,
  schemes: ReadonlyMap<SchemeName, Scheme>
): Identify {
  if (typeof expression === 'string') return schemes.get(expression)!.identify
  const branches = branchesOf(expression).map((branch) => compileSchemes(branch, schemes))
  if (branches.length === 1) return branches[0]!
  return 'all' in expression ? all(branches) : any(branches)
}

/** The first branch that succeeds. If none does, the first error: bad credentials never count as none. */
function any(branches: readonly Identify[]): Identify {
  return (request, callback) => {
    let firstError: Error | null = null
    const next = (index: number): void => {
      const identify = branches[index]
      if (identify === undefined) return callback(firstError)
      identify(request, (error, identity) => {
        if (identity !== undefined) return callback(null, identity)
        // An outage of keys or store is not the client's fault: it wins over other errors.
        if (error && (firstError === null || (error as AuthError).statusCode >= 500)) firstError = error
        next(index + 1)
      })
    }
    next(0)
  }
}

/** All branches must succeed. The identity is that of the first. */
function all(branches: readonly Identify[]): Identify {
  return (request, callback) => {
    const next = (index: number, first: Identity | undefined): void => {
      const identify = branches[index]
      if (identify === undefined) return callback(null, first)
      identify(request, (error, identity) => {
        if (error || identity === undefined) return callback(error)
        next(index + 1, first ?? identity)
      })
    }
    next(0, undefined)
  }
}
