// The cost of installing a package, measured on a real `npm install` of the tarballs, beside .ci/budgets.json
// and the sentence in its README.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, lstatSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { packed, scratch } from './packed.mjs'

const budgetsFile = `${import.meta.dirname}/budgets.json`
const figures = /(\d+) packages? and (\d+) MB/
const quiet = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--no-progress']

/** npm's variables about this workspace must not become settings of an install elsewhere. */
export const cleanEnvironment = () =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(?:package|lifecycle|config_local_prefix)/.test(name)
    )
  )

/** Runs npm; gives what it printed. */
export async function npm(args, cwd) {
  const shell = process.platform === 'win32'
  const child = spawn('npm', args, { cwd, env: cleanEnvironment(), shell, stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  let complaints = ''
  child.stdout.on('data', (data) => (printed += data))
  child.stderr.on('data', (data) => (complaints += data))
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`npm ${args.join(' ')} ended with ${code}\n${printed}${complaints}`)
  return printed
}

/** `npm install NAME` in an empty app, where our packages are the tarballs and all else comes from the registry. */
export async function installAlone(name, all = packed()) {
  const folder = scratch()
  const file = (one) => `file:${one.tarball}`
  const one = all.find((candidate) => candidate.name === name)
  const siblings = all.filter((candidate) => candidate !== one)
  const app = {
    name: 'app',
    version: '1.0.0',
    private: true,
    dependencies: { [name]: file(one) },
    overrides: Object.fromEntries(siblings.map((sibling) => [sibling.name, file(sibling)]))
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(app))
  await npm(['install', ...quiet], folder)
  return folder
}

const sizeOf = (folder) =>
  globSync('**/*', { cwd: folder })
    .map((file) => lstatSync(join(folder, file)))
    .reduce((sum, stats) => sum + (stats.isFile() ? stats.size : 0), 0)

async function measure({ name, tarball, root }) {
  const folder = await installAlone(name)
  const lock = JSON.parse(readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8'))
  return {
    packed: statSync(tarball).size,
    unpacked: sizeOf(root),
    packages: Object.keys(lock.packages).length,
    megabytes: Math.ceil(sizeOf(join(folder, 'node_modules')) / 1e6),
    page: pageSize(root)
  }
}

/** The script and the style of the operators' page, as a browser gets them. */
function pageSize(root) {
  const file = join(root, 'dist/console-assets.cjs')
  if (!existsSync(file)) return undefined
  const files = Object.values(createRequire(file)(file))
  return files.reduce((sum, text) => sum + Buffer.from(text, 'base64').length, 0)
}

/** Two installs at a time: npm waits for the network and the disk, each in turn. */
async function measureAll() {
  const all = packed()
  const measured = {}
  const rest = [...all]
  const work = async () => {
    for (let one = rest.shift(); one; one = rest.shift()) measured[one.name] = await measure(one)
  }
  await Promise.all([work(), work()])
  return all.map((one) => ({ ...one, cost: measured[one.name] }))
}

/** Others release too: a package more or less below us is no reason to stop. */
const near = (stated, real) => Math.abs(stated - real) <= Math.max(2, real * 0.05)

export async function checkSize(update) {
  const budgets = JSON.parse(readFileSync(budgetsFile, 'utf8'))
  const found = []
  for (const { name, folder, cost } of await measureAll()) {
    const budget = budgets[name]
    console.log(
      `${name}: ${cost.packed} bytes packed, ${cost.unpacked} unpacked, installs ${cost.packages} packages and ${cost.megabytes} MB${cost.page ? `, a page of ${cost.page}` : ''}`
    )
    if (!budget) found.push(`${name} has no budget in .ci/budgets.json`)
    for (const [what, most] of Object.entries(budget ?? {})) {
      if (!(cost[what] <= most))
        found.push(`${name}: ${what} is ${cost[what]}, more than its budget of ${most}`)
    }

    const readme = join(folder, 'README.md')
    const text = existsSync(readme) ? readFileSync(readme, 'utf8') : ''
    const [stated, packages, megabytes] = figures.exec(text) ?? []
    const real = `${cost.packages} ${cost.packages === 1 ? 'package' : 'packages'} and ${cost.megabytes} MB`
    if (!stated) found.push(`${readme} does not say what an install brings: ${real}`)
    else if (near(packages, cost.packages) && near(megabytes, cost.megabytes)) continue
    else if (update) writeFileSync(readme, text.replace(figures, real))
    else found.push(`${readme} says ${stated}, it is ${real}. To correct it: npm run check -- size --update`)
  }
  for (const fault of found) console.error(fault)
  return found.length > 0 ? 1 : 0
}
