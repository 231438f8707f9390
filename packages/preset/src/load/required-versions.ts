import { load } from './load.cjs'

/** The same versions as under `engines` and `peerDependencies` in package.json. */
export const requiredVersions = {
  node: '^22.12 || ^24 || >=26',
  fastify: '^5.12.0'
} as const

/** The version of Node or Fastify is not supported. Printed as one line, without a stack. */
export class UnsupportedVersionError extends Error {
  override readonly name = 'UnsupportedVersionError'
  readonly code = 'ERR_UNSUPPORTED_VERSION'

  constructor(problem: string) {
    super(problem)
    this.stack = `${this.name}: ${this.message}`
  }
}

/** The problems with the versions of Node and Fastify, one sentence each. */
export function versionProblems(
  node: string = process.versions.node,
  fastify: string | undefined = load.fastifyVersion()
): string[] {
  const problems = [nodeProblem(node), fastify === undefined ? undefined : fastifyProblem(fastify)]
  return problems.filter((problem) => problem !== undefined)
}

/** The problem with the version of Node. `undefined`: it is supported. */
export function nodeProblem(node: string): string | undefined {
  const [major = 0, minor = 0] = parseVersion(node)
  const isSupported = (major === 22 && minor >= 12) || major === 24 || major >= 26
  return isSupported
    ? undefined
    : `fastify-seaworthy needs Node ${requiredVersions.node}, and this is Node ${node}`
}

function fastifyProblem(fastify: string): string | undefined {
  const [major = 0, minor = 0] = parseVersion(fastify)
  const problem = `fastify-seaworthy needs Fastify ${requiredVersions.fastify}, and this is Fastify ${fastify}`
  return major === 5 && minor >= 12 ? undefined : `${problem}: npm install fastify@5`
}

/** @throws UnsupportedVersionError when the version of Node or Fastify is not supported. */
export function requireVersions(fastify?: string): void {
  const [problem] = versionProblems(process.versions.node, fastify)
  if (problem !== undefined) throw new UnsupportedVersionError(problem)
}

const parseVersion = (version: string): number[] => version.split(/[.-]/).slice(0, 3).map(Number)
