import { load } from './load.cjs'

/** What package.json says under `engines` and `peerDependencies`. */
export const requiredVersions = {
  node: '^22.12 || ^24 || >=26',
  fastify: '^5.11.1'
} as const

/** Stops with one line: below what is needed the parts fail in ways that name neither Node nor Fastify. */
export class UnsupportedVersionError extends Error {
  override readonly name = 'UnsupportedVersionError'
  readonly code = 'ERR_UNSUPPORTED_VERSION'

  constructor(problem: string) {
    super(problem)
    this.stack = `${this.name}: ${this.message}`
  }
}

/** What is wrong with the versions of Node and Fastify, a sentence each. */
export function versionProblems(
  node: string = process.versions.node,
  fastify: string | undefined = load.fastifyVersion()
): string[] {
  const problems = [nodeProblem(node), fastify === undefined ? undefined : fastifyProblem(fastify)]
  return problems.filter((problem) => problem !== undefined)
}

/** What is wrong with the version of Node, if anything. */
export function nodeProblem(node: string): string | undefined {
  const [major = 0, minor = 0] = numbers(node)
  const fits = (major === 22 && minor >= 12) || major === 24 || major >= 26
  return fits ? undefined : `fastify-seaworthy needs Node ${requiredVersions.node}, and this is Node ${node}`
}

function fastifyProblem(fastify: string): string | undefined {
  // The instance of 5.11.1 calls itself 5.11.0, so the two cannot be told apart here.
  const [major = 0, minor = 0] = numbers(fastify)
  const problem = `fastify-seaworthy needs Fastify ${requiredVersions.fastify}, and this is Fastify ${fastify}`
  return major === 5 && minor >= 11 ? undefined : `${problem}: npm install fastify@5`
}

/** @throws UnsupportedVersionError when Node or Fastify is not one that is supported. */
export function requireVersions(fastify?: string): void {
  const [problem] = versionProblems(process.versions.node, fastify)
  if (problem !== undefined) throw new UnsupportedVersionError(problem)
}

const numbers = (version: string): number[] => version.split(/[.-]/).slice(0, 3).map(Number)
