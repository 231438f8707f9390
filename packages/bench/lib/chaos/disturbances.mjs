// Kills, freezes or slows one process, and undoes it.
import { setTimeout as pause } from 'node:timers/promises'
import { signalFamily } from './processes.mjs'

/** Repeatable numbers from 0 to 1. */
export function numbers(seed) {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

async function freeze({ pid }, milliseconds) {
  signalFamily(pid, 'SIGSTOP')
  await pause(milliseconds)
  signalFamily(pid, 'SIGCONT')
}

/** It runs for a fifth of the time. */
async function slow(target, milliseconds) {
  for (let passed = 0; passed < milliseconds; passed += 100) {
    await freeze(target, 80)
    await pause(20)
  }
}

async function kill(target, milliseconds) {
  await target.kill()
  await pause(milliseconds)
  await target.start()
}

const kinds = { kill, freeze, slow }

/**
 * Disturbs one target, and resolves when it is as it was.
 *
 * @param {Record<string, { pid: number, kill?: () => Promise<void>, start?: () => Promise<void> }>} targets - One
 *   without `kill` is frozen and slowed only.
 * @param {() => number} random
 */
export async function disturb(targets, random) {
  const pick = (list) => list[Math.floor(random() * list.length)]
  const name = pick(Object.keys(targets))
  const kind = pick(targets[name].kill ? Object.keys(kinds) : ['freeze', 'slow'])
  await kinds[kind](targets[name], 500 + random() * 3500)
  return `${kind} ${name}`
}
