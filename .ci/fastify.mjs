// npm run test:fastify -- VERSION [PACKAGE …]: the packages' tests on another Fastify than the workspace's.
// VERSION is a number, `newest` (the newest 5 on npm) or `lowest` (the lowest that each package's peer range allows).
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { libraries } from './packages.mjs'

const [wanted, ...only] = process.argv.slice(2)
if (!wanted || !/^(?:newest|lowest|\d+\.\d+\.\d+)$/.test(wanted)) {
  console.error(
    'usage: npm run test:fastify -- VERSION [PACKAGE …], VERSION is newest, lowest or a number: 5.11.1'
  )
  process.exit(2)
}
const shell = process.platform === 'win32'

/** Installs that Fastify outside the workspace, once. Gives the folder to resolve it from. */
function install(version) {
  const folder = resolve('node_modules/.fastify', version)
  const manifest = join(folder, 'node_modules/fastify/package.json')
  const isThere = version !== '5' && existsSync(manifest)
  if (!isThere) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
    const args = ['install', '--no-save', '--no-audit', '--no-fund', '--no-progress', `fastify@${version}`]
    const { status } = spawnSync('npm', args, { cwd: folder, shell, stdio: ['ignore', 'ignore', 'inherit'] })
    if (status !== 0) process.exit(status ?? 1)
  }
  return { folder, version: JSON.parse(readFileSync(manifest, 'utf8')).version }
}

const lowest = ({ peerDependencies }) => /\d+\.\d+\.\d+/.exec(peerDependencies.fastify)[0]

const chosen = libraries
  .map(({ folder, manifest }) => ({ name: folder.replace('packages/', ''), folder, manifest }))
  .filter(({ name }) => only.length === 0 || only.includes(name))
const unknown = only.filter((name) => !chosen.some((one) => one.name === name))
if (unknown.length > 0) {
  console.error(`no published package is in packages/${unknown.join(', packages/')}`)
  process.exit(2)
}

const byNumbers = (a, b) => a.localeCompare(b, 'en', { numeric: true })

/**
 * Which test files run on which Fastify. A test beside another of our packages runs on the lowest that both allow.
 * Gives pairs of version and files.
 */
function plan({ folder, manifest }) {
  if (wanted !== 'lowest') return [[wanted === 'newest' ? '5' : wanted, [`${folder}/test`]]]
  const files = new Map()
  for (const file of globSync(`${folder}/test/**/*.test.ts`).sort()) {
    const text = readFileSync(file, 'utf8')
    const beside = libraries.filter(({ manifest: other }) => text.includes(`from '${other.name}'`))
    const version = [manifest, ...beside.map((other) => other.manifest)].map(lowest).sort(byNumbers).at(-1)
    files.set(version, [...(files.get(version) ?? []), file])
  }
  return [...files]
}

const jobs = chosen.flatMap((one) => plan(one).map(([version, files]) => ({ ...one, version, files })))
const results = jobs.map(({ name, version, files }) => {
  const fastify = install(version)
  console.log(`# ${name} on Fastify ${fastify.version}`)
  const hook = pathToFileURL(join(import.meta.dirname, 'fastify-hook.mjs')).href
  const env = {
    ...process.env,
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import=${hook}`.trim(),
    FASTIFY_FROM: fastify.folder
  }
  const { status } = spawnSync(process.execPath, ['.ci/test.mjs', ...files], { env, stdio: 'inherit' })
  return { line: `${name} on Fastify ${fastify.version}`, status: status ?? 1 }
})
for (const { line, status } of results) console.log(`${line}: ${status === 0 ? 'passed' : 'failed'}`)
process.exitCode = Math.max(...results.map(({ status }) => status))
