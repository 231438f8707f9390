import type { ComponentChildren } from 'preact'

interface RouteNameProps {
  method: string
  route: string
  /** Marks beside the name. */
  children?: ComponentChildren
}

/** A route as tables show it. */
export const RouteName = ({ method, route, children }: RouteNameProps) => (
  <span class="route">
    <span class="method">{method}</span>
    <code>{route === '__unmatched__' ? 'no route (404)' : route}</code>
    {children}
  </span>
)
