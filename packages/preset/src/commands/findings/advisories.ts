import type { Finding } from './finding.ts'

/**
 * The lowest versions without a published advisory, by major version. A major version that is not listed is newer than the
 * last one, or no longer mended. The list is that of this package's version: `doctor` asks no server.
 */
const safeVersions: Readonly<Record<string, { advisory: string; safe: readonly string[] }>> = {
  fastify: { advisory: 'CVE-2026-33806', safe: ['5.8.5'] },
  '@fastify/bearer-auth': { advisory: 'CVE-2022-31142', safe: ['7.0.2', '8.0.1'] },
  '@fastify/csrf-protection': { advisory: 'CVE-2023-27495', safe: ['4.1.0', '6.3.0'] },
  '@fastify/express': { advisory: 'CVE-2026-6556', safe: ['4.0.7'] },
  '@fastify/middie': { advisory: 'CVE-2026-33804', safe: ['9.3.2'] },
  '@fastify/multipart': { advisory: 'CVE-2025-24033', safe: ['8.3.1', '9.0.3'] },
  '@fastify/oauth2': { advisory: 'CVE-2023-31999', safe: ['7.2.0'] },
  '@fastify/passport': { advisory: 'CVE-2023-29019', safe: ['1.1.0', '2.3.0'] },
  '@fastify/reply-from': { advisory: 'CVE-2023-51701', safe: ['9.6.0'] },
  '@fastify/secure-session': { advisory: 'CVE-2024-31999', safe: ['7.3.0'] },
  '@fastify/session': { advisory: 'CVE-2024-35220', safe: ['10.9.0'] },
  '@fastify/static': { advisory: 'CVE-2026-6414', safe: ['9.1.1'] },
  '@fastify/websocket': { advisory: 'CVE-2022-39386', safe: ['5.0.1', '7.1.1'] },
  'fast-jwt': { advisory: 'CVE-2026-34950', safe: ['6.2.0'] },
  'find-my-way': { advisory: 'CVE-2024-45813', safe: ['8.2.2', '9.0.1'] },
  jsonwebtoken: { advisory: 'CVE-2022-23540', safe: ['9.0.0'] },
  undici: { advisory: 'CVE-2026-2229', safe: ['6.24.0', '7.24.0'] },
  ws: { advisory: 'CVE-2024-37890', safe: ['5.2.4', '6.2.3', '7.5.10', '8.17.1'] }
}

/** The releases of Node that mend what was published in June 2026. */
const safeNode = ['22.23.0', '24.17.0', '26.3.1'] as const

/** The packages in the list, whose versions are looked up. */
export const packagesWithAdvisories: readonly string[] = Object.keys(safeVersions)

const numbers = (version: string): number[] => version.split(/[.+-]/).slice(0, 3).map(Number)

const isBefore = (version: string, other: string): boolean => {
  const [a, b] = [numbers(version), numbers(other)]
  const index = a.findIndex((value, at) => value !== b[at])
  return index >= 0 && a[index]! < b[index]!
}

/** The version to install instead. `undefined` if this one is safe. */
function saferVersion(version: string, safe: readonly string[]): string | undefined {
  const [major] = numbers(version)
  const sameMajor = safe.find((candidate) => numbers(candidate)[0] === major)
  const target = sameMajor ?? safe.at(-1)!
  return isBefore(version, target) ? target : undefined
}

/** The installed versions that have an advisory. */
export function advisoryFindings(
  copies: readonly { name: string; version: string }[],
  node: string = process.versions.node
): Finding[] {
  const saferNode = saferVersion(node, safeNode)
  const ofNode: Finding[] =
    saferNode === undefined
      ? []
      : [
          {
            check: 'advisories',
            problem: `Node ${node} has published advisories`,
            line: `use Node ${saferNode} or newer`
          }
        ]
  const ofPackages = copies.flatMap(({ name, version }): Finding[] => {
    const entry = safeVersions[name]
    const safer = entry && saferVersion(version, entry.safe)
    if (entry === undefined || safer === undefined) return []
    return [
      {
        check: 'advisories',
        problem: `${name} ${version} has the advisory ${entry.advisory}`,
        line: `npm install ${name}@^${safer}`
      }
    ]
  })
  return [...ofNode, ...ofPackages]
}
