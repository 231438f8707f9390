import { port, type Port } from './port.ts'

/** A span while its work runs. */
export interface WorkSpan {
  /** Marks the span as failed, for work that returns its failure. */
  fail(error?: unknown): void
}

/** Runs work in spans. Provided by observability where an OpenTelemetry SDK is active. */
export interface Tracer {
  /** Runs work in a span below the active one. A rejection ends it as failed, and is passed on. */
  inSpan<T>(
    name: string,
    attributes: Record<string, string | number | boolean>,
    work: (span: WorkSpan) => T | Promise<T>
  ): Promise<T>
}

export const tracerPort: Port<Tracer> = port<Tracer>('tracer.v1')
