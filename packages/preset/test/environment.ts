// An environment, its problems and its warnings.
import type { Test } from 'tap'
import { fromEnv } from '../src/index.ts'

/** A secret of the length that variables need. */
export const secret = 'kq3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJ'

/** All problems of the environment. */
export function problemsOf(...args: Parameters<typeof fromEnv>): readonly string[] {
  try {
    fromEnv(...args)
    return []
  } catch (error) {
    return (error as { problems: string[] }).problems
  }
}

/** The warnings of the process from now on. */
export function warningsOf(t: Test): { list: string[]; settled(): Promise<unknown> } {
  const list: string[] = []
  const onWarning = ({ message }: Error) => void list.push(message)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  return { list, settled: async () => new Promise((resolve) => setImmediate(resolve)) }
}
