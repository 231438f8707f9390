#!/usr/bin/env node
import { runInit } from './init/init.ts'

const { code, lines } = runInit(process.argv.slice(2), process.cwd())
for (const line of lines) (code === 0 ? process.stdout : process.stderr).write(`${line}\n`)
process.exitCode = code
