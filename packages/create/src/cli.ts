#!/usr/bin/env node
// Old versions of Node can parse this file, so that they get a sentence instead of a syntax error.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const isSupported = (major === 22 && minor >= 12) || major === 24 || major >= 26

if (isSupported) void start()
else {
  process.stderr.write(
    `create-fastify-seaworthy needs Node ^22.12 || ^24 || >=26, and this is Node ${process.versions.node}\n`
  )
  process.exitCode = 1
}

async function start(): Promise<void> {
  const modern = import.meta.url.endsWith('.ts') ? './create.ts' : './create.js'
  const { run } = (await import(new URL(modern, import.meta.url).href)) as typeof import('./create.ts')
  process.exitCode = await run(process.argv.slice(2), process.cwd())
}
