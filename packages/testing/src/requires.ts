import { existsSync, globSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import tap, { type Test } from 'tap'

const folders = (): string[] => [
  ...(process.env.PATH ?? '').split(delimiter),
  ...globSync('/usr/lib/postgresql/*/bin'),
  '/usr/sbin'
]

/**
 * The path of a command, PostgreSQL's own folder included; undefined where it isn't installed. `REDIS_SERVER` is the path
 * of another Redis, or of Valkey.
 */
export const commandPath = (command: string): string | undefined =>
  (command === 'redis-server' && process.env.REDIS_SERVER) ||
  folders()
    .map((folder) => join(folder, command))
    .find((path) => existsSync(path))

/**
 * A test that needs real programs: `requires(['redis-server'], 'keeps counting when …', async (t) => …)`.
 * Skipped by name where one is missing; the test runner makes that a failure with CI=true.
 */
export function requires(commands: readonly string[], name: string, fn: (t: Test) => Promise<void>): void {
  const missing = commands.filter((command) => commandPath(command) === undefined)
  const skip = missing.length > 0 ? `needs ${missing.join(', ')}` : false
  void tap.test(name, { skip }, fn)
}
