/** A turn that took too long, as the thread has seen it. */
export interface BlockedTurn {
  /** Milliseconds. */
  duration: number
  /** The result of the expression that was evaluated in the turn. `undefined` where the turn ended before. */
  found: unknown
}

/** The cells of the shared memory. */
export const cell = { beats: 0, isDebugged: 1 } as const

export interface WatchThreadData {
  beats: Int32Array
  /** Milliseconds. */
  threshold: number
  /** Milliseconds between two looks. */
  step: number
  /** Evaluated on the main thread, in the turn that takes too long. It returns `{ beat, … }`, the beat of that turn. */
  expression: string
}

/**
 * The code of the thread that watches the main one. It runs from its own text, wherever a bundler has put it, so it uses
 * nothing from outside.
 */
export function watchThread(): void {
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads')
  const { Session } = process.getBuiltinModule('node:inspector')
  const { beats, threshold, step, expression } = workerData as WatchThreadData
  let beat = -1
  let since = performance.now()
  let lastLook = since
  let turn: { found: unknown } | undefined
  let isEvaluating = false

  setInterval(() => {
    const now = performance.now()
    // The whole process stood still: nothing blocked it.
    const isLate = now - lastLook > threshold / 2 + step
    lastLook = now
    const current = Atomics.load(beats, 0)
    if (current === beat && turn === undefined && !isLate) {
      if (now - since < threshold || Atomics.load(beats, 1) === 1) return
      turn = { found: undefined }
      evaluate(turn, beat)
    } else if (current !== beat && !isEvaluating) {
      // oxlint-disable-next-line require-post-message-target-origin -- threads have no origin
      if (turn !== undefined) parentPort!.postMessage({ ...turn, duration: now - since })
      turn = undefined
      beat = current
      since = now
    } else if (turn === undefined) {
      since = now
    }
  }, step)

  /** V8 answers between two steps of the code that runs, which needs no debugger and goes on at once. */
  function evaluate(blocked: NonNullable<typeof turn>, beatOfTurn: number): void {
    const session = new Session()
    isEvaluating = true
    try {
      session.connectToMainThread()
      session.post(
        'Runtime.evaluate',
        { expression, returnByValue: true, silent: true },
        (_error, answer) => {
          const found = (answer as { result?: { value?: { beat?: number } } } | undefined)?.result?.value
          if (found?.beat === beatOfTurn) blocked.found = found
          session.disconnect()
          isEvaluating = false
        }
      )
    } catch {
      // Node.js without an inspector, or one that allows no further session.
      isEvaluating = false
    }
  }
}
