import type { Switch } from './types.ts'

/** A switch whose first release counts. */
export function once(release: () => void): Switch {
  let done = false
  const put = (): void => {
    if (done) return
    done = true
    release()
  }
  return { release: put, [Symbol.dispose]: put }
}
