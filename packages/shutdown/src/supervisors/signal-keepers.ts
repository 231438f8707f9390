import { readFileSync } from 'node:fs'
import { drainMode } from '../drain/drain-mode.ts'

const shell = /(?:^|\/)(?:ba|da|a)?sh$/
/** Programs that start a service and signal what they have started, as Linux names them: `npm start`, `MainThread`. */
const launcher = /^(?:npm|npx|pnpm|yarn|bun|node|MainThread|tini|docker-init)\b/
const longestChain = 8

/**
 * The programs of a container in front of this process, the first one first, if the last one is a shell that waits: it
 * gets SIGTERM and ends, or ignores it as the first process, and this one learns nothing before it is killed. npm and
 * others start scripts in `sh`, which on Debian and Alpine does not become the script.
 *
 * `undefined` if signals arrive: from a terminal, outside of a container, or from a program that signals all processes.
 */
export function signalKeepers(): string[] | undefined {
  if (drainMode() !== 'full') return undefined
  try {
    let program = readProgram(process.ppid)
    const [command = '', ...args] = program.command
    if (!shell.test(command) || !args.includes('-c')) return undefined
    const names = [program.name]
    // The first process of a container has no parent there.
    while (program.parent !== 0) {
      if (names.length === longestChain) return undefined
      program = readProgram(program.parent)
      // `tini -g` signals the whole group.
      if (!launcher.test(program.name) || program.command.includes('-g')) return undefined
      names.unshift(program.name)
    }
    return names
  } catch {
    // There is no /proc, or it may not be read.
    return undefined
  }
}

interface Program {
  readonly name: string
  readonly command: readonly string[]
  readonly parent: number
}

function readProgram(pid: number): Program {
  const read = (file: string): string => readFileSync(`/proc/${pid}/${file}`, 'utf8')
  return {
    name: read('comm').trim(),
    command: read('cmdline').split('\0'),
    parent: Number(/^PPid:\s*(\d+)$/m.exec(read('status'))?.[1])
  }
}
