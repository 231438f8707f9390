import { useEffect, useRef, useState } from 'preact/hooks'
import type { LiveStatus, Status } from '../src/console/types.ts'

export type Scope = 'all' | number

/** `live`: events arrive. `polling`: the page asks. `lost`: the service does not answer. */
export type Link = 'connecting' | 'live' | 'polling' | 'lost'

export interface Connection {
  status: Status | undefined
  link: Link
  /** Reads everything anew, after an action. */
  refresh(): void
}

const pollInterval = 5000
/** Milliseconds without news after which the figures count as old. */
const patience = 12_000

const query = (scope: Scope): string => (scope === 'all' ? '' : `?worker=${scope}`)

/** The status of the service, by events, or by polling where those fail. A hidden page asks for nothing. */
export function useStatus(scope: Scope): Connection {
  const [status, setStatus] = useState<Status>()
  const [link, setLink] = useState<Link>('connecting')
  const refresh = useRef(() => {})

  useEffect(() => {
    let events: EventSource | undefined
    let poll: number | undefined
    let watch: number | undefined
    let ended = false

    const heard = (as: Link): void => {
      setLink(as)
      clearTimeout(watch)
      watch = window.setTimeout(() => setLink('lost'), patience)
    }
    const load = async (as?: Link): Promise<void> => {
      try {
        const response = await fetch(`/status.json${query(scope)}`)
        if (!response.ok) throw new Error(`${response.status}`)
        const loaded = (await response.json()) as Status
        if (ended) return
        setStatus(loaded)
        if (as !== undefined) heard(as)
      } catch {
        if (!ended) setLink('lost')
      }
    }
    const listen = (): void => {
      events = new EventSource(`/events${query(scope)}`)
      events.addEventListener('message', ({ data }: MessageEvent<string>) => {
        const live = JSON.parse(data) as LiveStatus
        setStatus((before) => before && { ...before, ...live })
        heard('live')
      })
      events.addEventListener('error', () => {
        // A browser connects anew by itself, unless the answer was no stream of events.
        if (events?.readyState !== EventSource.CLOSED) return
        clearInterval(poll)
        poll = window.setInterval(() => void load('polling'), pollInterval)
        void load('polling')
      })
    }
    const stop = (): void => {
      events?.close()
      clearInterval(poll)
      clearTimeout(watch)
    }
    const start = (): void => {
      stop()
      if (document.hidden) return
      void load('connecting').then(() => {
        if (!ended && !document.hidden) listen()
      })
    }
    refresh.current = () => void load()
    document.addEventListener('visibilitychange', start)
    start()
    return () => {
      ended = true
      document.removeEventListener('visibilitychange', start)
      stop()
    }
  }, [scope])

  return { status, link, refresh: () => refresh.current() }
}
