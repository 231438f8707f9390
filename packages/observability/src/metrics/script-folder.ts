import { realpathSync } from 'node:fs'
import { dirname } from 'node:path'

/** The folder of the script that runs, or the working directory where a program of node_modules loads it. */
export function scriptFolder(): string {
  try {
    const script = realpathSync(process.env.pm_exec_path ?? process.argv[1] ?? '')
    if (!/[\\/]node_modules[\\/]/.test(script)) return dirname(script)
  } catch {
    // Code of the command line has no file.
  }
  return process.cwd()
}
