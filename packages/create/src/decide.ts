import { basename, resolve } from 'node:path'
import { nearest } from '@seaworthy/internal'
import { takenPorts } from '../../preset/src/init/templates.ts'
import { UsageError, type Arguments } from './arguments.ts'
import type { Choices } from './choices.ts'
import { managerNames, usualManager, type PackageManager } from './package-manager.ts'
import { isDependency } from './versions.ts'

/** @throws UsageError when a value is not possible. */
export function decide(args: Arguments, workingFolder: string): Choices {
  if (args.folder === undefined || args.folder.trim() === '')
    throw new UsageError('name the folder of the service')
  const folder = resolve(workingFolder, args.folder)
  return {
    folder,
    name: args.name === undefined ? nameFrom(folder) : checkName(args.name),
    language: args.language ?? 'typescript',
    postgres: args.postgres ?? false,
    redis: args.redis ?? false,
    port: args.port === undefined ? 3000 : checkPort(args.port),
    packageManager: args.packageManager === undefined ? usualManager() : checkManager(args.packageManager),
    install: args.install ?? true
  }
}

/** A name that npm accepts: `Order Service` becomes `order-service`. */
function nameFrom(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z\d._~-]+/g, '-')
    .replace(/^[._~-]+|[._~-]+$/g, '')
    .slice(0, 200)
  // A package cannot depend on one of its own name.
  return name === '' ? 'service' : isDependency(name) ? `${name}-service` : name
}

function checkName(name: string): string {
  const isValid = name.length <= 214 && /^(?:@[a-z\d~-][a-z\d._~-]*\/)?[a-z\d~-][a-z\d._~-]*$/.test(name)
  if (!isValid)
    throw new UsageError(`--name must be a name for npm, such as orders or @acme/orders, got '${name}'`)
  if (isDependency(name)) throw new UsageError(`--name ${name} is a package that the service installs`)
  return name
}

function checkPort(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : NaN
  if (!(port >= 1 && port <= 65_535))
    throw new UsageError(`--port must be a whole number from 1 to 65535, got '${text}'`)
  const service = takenPorts[port]
  if (service !== undefined)
    throw new UsageError(`--port ${port} is the port of ${service} in the deployment files: choose another`)
  return port
}

function checkManager(name: string): PackageManager {
  const manager = managerNames.find((one) => one === name)
  if (manager !== undefined) return manager
  const near = nearest(name, managerNames)
  throw new UsageError(
    `--package-manager must be ${managerNames.join(', ')}, got '${name}'${near === undefined ? '' : `, did you mean '${near}'?`}`
  )
}
