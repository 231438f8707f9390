import { createContext } from 'preact'
import { useContext } from 'preact/hooks'

/** The outcome of an action, for the operator. */
export interface Outcome {
  ok: boolean
  text: string
}

interface Answer {
  message?: string
  workers?: { pid: number; statusCode?: number }[]
}

/** Sends an action, and says which workers have obeyed. */
export async function act(done: string, method: string, path: string, body?: unknown): Promise<Outcome> {
  try {
    const response = await fetch(path, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    })
    const answer = (await response.json().catch(() => ({}))) as Answer
    if (!response.ok) return { ok: false, text: answer.message ?? `The service answered ${response.status}` }
    return withWorkers(done, answer)
  } catch {
    return { ok: false, text: 'The service does not answer' }
  }
}

function withWorkers(done: string, { workers = [] }: Answer): Outcome {
  const obeyed = workers.filter(({ statusCode = 500 }) => statusCode < 400)
  if (workers.length === 0 || obeyed.length === workers.length) {
    return { ok: true, text: workers.length > 1 ? `${done} in all ${workers.length} workers` : done }
  }
  const others = workers.filter((worker) => !obeyed.includes(worker)).map(({ pid }) => pid)
  return {
    ok: false,
    text: `${done} in ${obeyed.length} of ${workers.length} workers; not in ${others.join(', ')}`
  }
}

/** Records a profile and saves it as a file for DevTools. */
export async function saveProfile(kind: 'cpu' | 'heap', seconds: number, pid: number): Promise<Outcome> {
  try {
    const response = await fetch(`/profile/${kind}?seconds=${seconds}&worker=${pid}`, { method: 'POST' })
    if (!response.ok) {
      const { message } = (await response.json().catch(() => ({}))) as Answer
      return { ok: false, text: message ?? `The service answered ${response.status}` }
    }
    const link = document.createElement('a')
    link.href = URL.createObjectURL(await response.blob())
    link.download = `${kind}-${pid}.${kind === 'cpu' ? 'cpuprofile' : 'heapprofile'}`
    link.click()
    URL.revokeObjectURL(link.href)
    return { ok: true, text: `${link.download} is saved; open it in DevTools` }
  } catch {
    return { ok: false, text: 'The service does not answer' }
  }
}

/** A question before an action that costs something. With `input`, its text is part of it. */
export interface Question {
  title: string
  text: string
  button: string
  isDangerous?: boolean
  input?: { label: string; placeholder: string }
  run(input: string): Promise<Outcome>
}

export interface Operator {
  /** The routes of the allowed actions. */
  allowed: readonly string[]
  ask(question: Question): void
  run(action: Promise<Outcome>): void
}

export const OperatorContext = createContext<Operator>({ allowed: [], ask: () => {}, run: () => {} })
export const useOperator = (): Operator => useContext(OperatorContext)

/** The path of an allowed action, by method and the end of its path: the prefix of health is an option. */
export function pathOf(allowed: readonly string[], method: string, end: string): string | undefined {
  return allowed.find((name) => name.startsWith(`${method} `) && name.endsWith(end))?.slice(method.length + 1)
}
