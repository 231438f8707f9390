#!/usr/bin/env node
// Old versions of Node can parse this file and its imports, so that they get a sentence instead of a syntax error.
import { nodeProblem } from './load/required-versions.ts'

const problem = nodeProblem(process.versions.node)
if (problem === undefined) void start()
else {
  process.stderr.write(`${problem}\n`)
  process.exitCode = 1
}

async function start(): Promise<void> {
  const modern = import.meta.url.endsWith('.ts') ? './commands.ts' : './commands.cjs'
  const { run } = (await import(new URL(modern, import.meta.url).href)) as typeof import('./commands.ts')
  process.exitCode = await run(process.argv.slice(2))
}
