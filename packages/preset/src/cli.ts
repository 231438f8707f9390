#!/usr/bin/env node
// Every Node can read this file and what it imports, so that an old one gets a sentence, not a syntax error.
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
