// npm run release: publishes what is committed, after all tests and checks. The workflow calls its first half, `--guard`,
// in the job that packs, because there the tests have run on the same commit already.
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { packages } from './packages.mjs'
import { run } from './tool.mjs'

const git = (...args) => spawnSync('git', args, { encoding: 'utf8' }).stdout ?? ''

/** Why this checkout may not be published, a sentence each. */
function objections() {
  const found = []
  const changed = git('status', '--porcelain').trim()
  if (git('rev-parse', 'HEAD').trim() === '') found.push('nothing is committed')
  else if (changed) found.push(`the checkout has changes that are not committed:\n${changed}`)

  const pending = globSync('.changeset/*.md').filter((file) => !file.endsWith('README.md'))
  if (pending.length > 0) {
    found.push(
      `there are changesets without a version: npm run changeset -- version, then commit (${pending.length})`
    )
  }
  for (const { folder, manifest } of packages) {
    const changelog = `${folder}/CHANGELOG.md`
    if (manifest.version === '0.0.0') found.push(`${manifest.name} has no version yet: it is 0.0.0`)
    else if (
      !existsSync(changelog) ||
      !readFileSync(changelog, 'utf8').includes(`\n## ${manifest.version}\n`)
    ) {
      found.push(`${changelog} says nothing of ${manifest.version}`)
    }
  }
  return found
}

function guard() {
  const found = objections()
  for (const objection of found) console.error(`Not released: ${objection}`)
  if (found.length > 0) process.exit(1)
}

/** Stops where a step fails: nothing after it may happen. */
function step(command, args) {
  const { status } = spawnSync(command, args, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

guard()
if (!process.argv.includes('--guard')) {
  step('bash', ['.ci/run'])
  // The build is not committed, but nothing else may have changed meanwhile.
  step(process.execPath, ['.ci/build.mjs'])
  guard()
  process.exitCode = run('@changesets/cli', ['publish', ...process.argv.slice(2)], { command: 'changeset' })
}
