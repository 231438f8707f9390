import type { VNode } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { RouteStatus, Status } from '../src/console/types.ts'
import { OperatorContext, type Operator, type Outcome, type Question } from './actions.ts'
import { useStatus, type Link, type Scope } from './connection.ts'
import { Breakers, Checks, Outgoing } from './dependencies-view.tsx'
import { Dialog } from './dialog.tsx'
import * as format from './format.ts'
import { LogLevel, Profiles, Traffic, Workers } from './operate-view.tsx'
import { Overview, toneOfState } from './overview.tsx'
import { Badge, Card } from './parts.tsx'
import { Actions, RecentRequests } from './requests-view.tsx'
import { RoutesTable } from './routes-table.tsx'
import { Sections } from './sections-view.tsx'
import { Setup } from './setup-view.tsx'

const views = ['overview', 'routes', 'dependencies', 'requests', 'operate', 'setup'] as const
type View = (typeof views)[number]

const viewOfAddress = (): View => views.find((view) => `#${view}` === location.hash) ?? 'overview'

function useView(): View {
  const [view, setView] = useState(viewOfAddress)
  useEffect(() => {
    const changed = (): void => {
      setView(viewOfAddress())
      scrollTo(0, 0)
    }
    addEventListener('hashchange', changed)
    return () => removeEventListener('hashchange', changed)
  }, [])
  return view
}

/** Routes with figures, and those that have had no request. */
function allRoutes({ routes, details }: Status): RouteStatus[] {
  const listedRoutes = new Set(routes.map(({ method, route }) => `${method} ${route}`))
  const idle = details.routes
    .filter(({ method, route }) => !listedRoutes.has(`${method} ${route}`))
    .map(({ method, route }) => ({
      method,
      route,
      rate: 0,
      errorShare: 0,
      p50: null,
      p95: null,
      p99: null,
      inFlight: 0,
      total: 0,
      slowAfter: null,
      isSlow: false,
      isFailing: false
    }))
  return [...routes, ...idle]
}

const links: Record<Link, string> = {
  connecting: 'connecting',
  live: 'live',
  polling: 'every 5 s',
  lost: 'no answer'
}

interface HeaderProps {
  status: Status
  link: Link
  view: View
  onScope(scope: Scope): void
}

const Header = ({
  status: { service, workers, scope, at, verdict, details },
  link,
  view,
  onScope
}: HeaderProps) => (
  <header class="top">
    <div class="bar">
      <h1>
        {service.name || 'Service'} <span class="version">{service.version}</span>
      </h1>
      {link === 'lost' ? (
        <Badge tone="bad">No answer</Badge>
      ) : (
        <Badge tone={toneOfState[verdict.state]}>{verdict.title}</Badge>
      )}
      {details.actions.length === 0 && <Badge tone="idle">read only</Badge>}
      <span class="spacer" />
      <span class="muted uptime">up {format.span((at - Date.parse(service.startedAt)) / 1000)}</span>
      {workers.length > 1 && (
        <select
          aria-label="Workers"
          value={`${scope}`}
          onChange={({ currentTarget: { value } }) => onScope(value === 'all' ? 'all' : Number(value))}
        >
          <option value="all">all {workers.length} workers</option>
          {workers.map(({ pid }) => (
            <option key={pid} value={`${pid}`}>
              worker {pid}
            </option>
          ))}
        </select>
      )}
      <span class={`link ${link}`} title={`As of ${format.clock(at)}`}>
        {links[link]}
      </span>
    </div>
    <nav aria-label="Views">
      {views.map((name) => (
        <a key={name} href={`#${name}`} aria-current={name === view ? 'page' : undefined}>
          {name.charAt(0).toUpperCase() + name.slice(1)}
        </a>
      ))}
    </nav>
  </header>
)

interface ContentProps {
  status: Status
  routes: readonly RouteStatus[]
}

const contents: Record<View, (props: ContentProps) => VNode> = {
  overview: (props) => <Overview {...props} />,
  routes: ({ routes }) => (
    <Card title="Routes" wide>
      <RoutesTable routes={routes} />
    </Card>
  ),
  dependencies: ({ status }) => (
    <div class="grid">
      <Checks status={status} />
      <Breakers status={status} />
      <Outgoing outgoing={status.outgoing} />
      <Sections status={status} />
    </div>
  ),
  requests: ({ status }) => <RecentRequests status={status} />,
  operate: ({ status }) => (
    <div class="grid">
      <Traffic status={status} />
      <LogLevel status={status} />
      <Profiles status={status} />
      <Workers status={status} />
      <Actions status={status} />
    </div>
  ),
  setup: ({ status }) => <Setup details={status.details} />
}

const Content = ({ status, view }: { status: Status; view: View }): VNode => {
  const routes = useMemo(() => allRoutes(status), [status])
  const Chosen = contents[view]
  return <Chosen status={status} routes={routes} />
}

export const App = () => {
  const [scope, setScope] = useState<Scope>('all')
  const [question, setQuestion] = useState<Question>()
  const [outcome, setOutcome] = useState<Outcome>()
  const { status, link, refresh } = useStatus(scope)
  const view = useView()
  const fade = useRef<number | undefined>(undefined)

  useEffect(() => {
    if (status !== undefined) document.title = `${status.verdict.title} · ${status.service.name || 'Status'}`
  }, [status?.verdict.title])

  if (status === undefined) {
    return (
      <main class="start">
        <p role="status">{link === 'lost' ? 'The service does not answer. Trying again…' : 'Loading…'}</p>
      </main>
    )
  }
  const run = (action: Promise<Outcome>): void => {
    setOutcome({ ok: true, text: 'Under way…' })
    void action.then((result) => {
      setOutcome(result)
      refresh()
      clearTimeout(fade.current)
      fade.current = window.setTimeout(() => setOutcome(undefined), 10_000)
    })
  }
  const operator: Operator = { allowed: status.details.actions, ask: setQuestion, run }
  return (
    <OperatorContext.Provider value={operator}>
      <Header {...{ status, link, view }} onScope={setScope} />
      <main>
        {link === 'lost' && (
          <p class="stale" role="alert">
            The service does not answer. The figures are of {format.clock(status.at)}.
          </p>
        )}
        <div class={link === 'lost' ? 'content old' : 'content'}>
          <Content status={status} view={view} />
        </div>
      </main>
      <div class={`toast ${outcome === undefined ? '' : outcome.ok ? 'ok' : 'bad'}`} role="status">
        {outcome?.text}
      </div>
      {question !== undefined && (
        <Dialog
          question={question}
          onClose={() => setQuestion(undefined)}
          onRun={(input) => {
            setQuestion(undefined)
            run(question.run(input))
          }}
        />
      )}
    </OperatorContext.Provider>
  )
}
