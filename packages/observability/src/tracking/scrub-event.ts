import type { Event } from '@sentry/node'
import { redact, redactText } from '../logging/redact.ts'

/** The parts of an event that may hold what the service or one of its libraries has written. */
const parts = ['logentry', 'breadcrumbs', 'extra', 'contexts', 'tags', 'request', 'spans', 'user'] as const

/** Removes secrets from an event of Sentry: from the messages of its errors, its breadcrumbs, spans and data. */
export function scrubEvent(event: Event): Event {
  if (event.message !== undefined) event.message = redactText(event.message)
  if (event.transaction !== undefined) event.transaction = redactText(event.transaction)
  for (const exception of event.exception?.values ?? []) {
    if (exception.value !== undefined) exception.value = redactText(exception.value)
    for (const frame of exception.stacktrace?.frames ?? []) {
      if (frame.vars !== undefined) frame.vars = redact(frame.vars) as typeof frame.vars
    }
  }
  for (const name of parts) {
    const part = event[name]
    if (part !== undefined) Object.assign(event, { [name]: redact(part) })
  }
  return event
}
