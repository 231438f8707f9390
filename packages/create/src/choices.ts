import type { PackageManager } from './package-manager.ts'

/** The decisions about a new service. */
export interface Choices {
  /** Its folder, absolute. */
  folder: string
  /** Its name in `package.json`. */
  name: string
  language: 'typescript' | 'javascript'
  postgres: boolean
  redis: boolean
  /** The port that it listens on. */
  port: number
  packageManager: PackageManager
  /** Whether the dependencies are installed. */
  install: boolean
}

/** A file of the service, by its path in the folder. */
export interface File {
  path: string
  text: string
  /** Whether only its owner may read it. */
  secret?: boolean
}
