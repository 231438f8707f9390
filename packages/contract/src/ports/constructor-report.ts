import { port, type Port } from './port.ts'

/** Provided by the preset, which names the missing constructor options of all parts in one line: the parts say nothing. */
export const constructorReportPort: Port<true> = port<true>('constructor-report.v1')
