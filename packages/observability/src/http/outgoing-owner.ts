/** An app that counts outgoing requests. */
export interface Counting {
  /** Returns what the running code works for: a request or a job. */
  currentRequest: (() => unknown) | undefined
}

// The channels of outgoing requests belong to the process. The apps in it find each other here.
const key = Symbol.for('seaworthy.outgoing.v1')
type Holder = NodeJS.Process & { [key]?: Counting[] | undefined }

/** Adds an app to those that count. Returns how to remove it. */
export function joinCounting(app: Counting): () => void {
  const apps = ((process as Holder)[key] ??= [])
  apps.push(app)
  return () => void apps.splice(apps.indexOf(app), 1)
}

/** Whether this app counts a call: the app whose request it is for, else the first one. */
export function counts(app: Counting): boolean {
  const apps = (process as Holder)[key] ?? []
  if (apps.length < 2) return true
  return (apps.find(({ currentRequest }) => currentRequest?.() !== undefined) ?? apps[0]) === app
}
