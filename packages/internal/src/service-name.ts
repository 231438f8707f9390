import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { withoutByteOrderMark } from './files/text.ts'

/**
 * The name of the running service, the same in all its replicas: `OTEL_SERVICE_NAME`, else the name of the package that
 * the process runs. `undefined` if there is neither.
 */
export function serviceName(): string | undefined {
  const { OTEL_SERVICE_NAME: name } = process.env
  if (name) return name
  const script = process.argv[1]
  // A process manager runs the service's script by its own, which is a dependency.
  const folders = script === undefined || script.includes('node_modules') ? [] : [dirname(script)]
  return [...folders, process.cwd()].map(packageName).find((found) => found !== undefined)
}

function packageName(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    try {
      const { name } = JSON.parse(withoutByteOrderMark(readFileSync(join(at, 'package.json'), 'utf8'))) as {
        name?: unknown
      }
      if (typeof name === 'string' && name !== '') return name
    } catch {
      // No package here: the folder above may be one.
    }
    if (dirname(at) === at) return undefined
  }
}
