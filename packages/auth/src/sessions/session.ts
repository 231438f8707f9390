import type { CookieOptions } from '../types/cookies.ts'
import type { Session } from './decorators.ts'

/** The keys and values of a session. It has no prototype, so that any text can be a key. */
export type SessionContent = Record<string, unknown>

/** The part of a session that apps do not see. */
export interface SessionState {
  readonly content: SessionContent
  /** **Seconds** since 1970 at which the session was last changed. */
  changedAt: number
  cookieOptions: CookieOptions | undefined
  /** `regenerate` was called: the session gets a new id. */
  regenerated: boolean
  /** The app changed it: it is not only sealed again. */
  touched: boolean
}

/** The key of the session's id in its content. */
export const idKey = '__sid'

const state = Symbol('state')
const now = (): number => Math.round(Date.now() / 1000)

/** The methods of `request.session`, which @fastify/secure-session has too. */
class LiveSession {
  changed = false
  deleted = false
  readonly [state]: SessionState

  constructor(content: object, changedAt: number) {
    const copy = Object.assign(Object.create(null) as SessionContent, content)
    this[state] = { content: copy, changedAt, cookieOptions: undefined, regenerated: false, touched: false }
  }

  get(key: string): unknown {
    return this[state].content[key]
  }
  set(key: string, value: unknown): void {
    this.touch()
    this[state].content[key] = value
  }
  delete(): void {
    this.deleted = true
    this.touch()
  }
  options(options: CookieOptions): void {
    this[state].cookieOptions = options
  }
  data(): SessionContent {
    return { ...this[state].content }
  }
  touch(): void {
    this.changed = true
    this[state].touched = true
    this[state].changedAt = now()
  }
  regenerate(keep: readonly string[] = []): void {
    const { content } = this[state]
    for (const key of Object.keys(content)) if (key !== idKey && !keep.includes(key)) delete content[key]
    this[state].regenerated = true
    this.touch()
  }
}

/** Makes the keys of a session its properties: `session.cart` is `session.get('cart')`. */
const properties: ProxyHandler<LiveSession> = {
  get(target, name) {
    if (typeof name === 'string' && !(name in target)) return target.get(name)
    const value: unknown = Reflect.get(target, name)
    return typeof value === 'function' ? (value.bind(target) as unknown) : value
  },
  set(target, name, value) {
    if (name === 'changed' || name === 'deleted') target[name] = value === true
    else if (typeof name === 'string') target.set(name, value)
    return true
  }
}

/** Makes a session. */
export const createSession = (content: object = {}, changedAt: number = now()): Session =>
  new Proxy(new LiveSession(content, changedAt), properties) as unknown as Session

/** The part of a session that apps do not see. */
export const stateOf = (session: Session): SessionState => (session as unknown as LiveSession)[state]
