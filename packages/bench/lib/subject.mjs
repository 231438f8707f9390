// The process that is measured, seen from the one that measures.
import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { counted } from './counter.mjs'
import { tokensForChildren } from './tokens.mjs'

const child = join(import.meta.dirname, '..', 'child.mjs')

/**
 * Starts one variant: natively, or counted under qemu.
 *
 * @param {{ name: string, file: string, export: string, nodeArgs?: string[] }} variant
 * @param {{ count?: boolean, core?: number, logs?: boolean, env?: Record<string, string> }} how - `logs` keeps what
 *   the variant writes, otherwise it goes to /dev/null as in production it would go to a pipe.
 */
export async function startSubject(variant, { count = false, core, logs = false, env = {} } = {}) {
  const counter = count ? counted() : undefined
  const pin = core === undefined ? [] : ['taskset', '-c', `${core}`]
  const node = [process.execPath, '--expose-gc', ...(variant.nodeArgs ?? [])]
  const [command, ...args] = [
    ...pin,
    ...(counter?.command ?? []),
    ...node,
    child,
    variant.file,
    variant.export
  ]
  const sink = openSync('/dev/null', 'w')
  const spawned = performance.now()
  const running = spawn(command, args, {
    stdio: ['ignore', logs ? 'pipe' : sink, 'pipe', 'ipc'],
    env: { ...withoutTooling(process.env), ...tokensForChildren(), ...counter?.env, ...env }
  })
  closeSync(sink)

  let output = ''
  let errors = ''
  running.stdout?.setEncoding('utf8').on('data', (text) => (output += text))
  running.stderr.setEncoding('utf8').on('data', (text) => (errors += text))

  const waiting = []
  let ended
  const exit = new Promise((resolve) => running.once('close', resolve))
  running.on('message', (message) => waiting.shift()?.resolve(message))
  running.once('close', (code, signal) => {
    ended = new Error(
      `${variant.name} ended (${signal ?? code}):\n${errors.slice(-2000) || output.slice(-2000)}`
    )
    for (const { reject } of waiting.splice(0)) reject(ended)
  })
  const next = () => {
    if (ended) return Promise.reject(ended)
    const { promise, resolve, reject } = Promise.withResolvers()
    waiting.push({ resolve, reject })
    return promise
  }
  const ask = async (question, argument) => {
    const answer = next()
    if (running.connected) running.send({ question, argument })
    const { error, value } = await answer
    if (error) throw new Error(`${variant.name}: ${error}`)
    return value
  }

  const { error, value } = await next()
  if (error) {
    running.kill('SIGKILL')
    await exit
    counter?.close()
    throw new Error(`${variant.name}: ${error}`)
  }
  return {
    ...value,
    startMs: performance.now() - spawned,
    ask,
    count: () => counter.read(),
    output: () => output,
    pid: running.pid,
    async stop() {
      if (ended === undefined) running.kill('SIGKILL')
      await exit
      counter?.close()
    }
  }
}

/** npm's and the workspace's own settings would change what is measured. */
const withoutTooling = (env) =>
  Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !/^(NODE_OPTIONS|NODE_ENV|NODE_COMPILE_CACHE|LOG_LEVEL|npm_|TAP)/.test(name)
    )
  )
