import { type ExecFileOptions, execFile } from 'node:child_process'
import { delimiter, dirname } from 'node:path'

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command to its end, with this Node first on its PATH. That it exits with another code than 0 is no error. */
export function run(command: string, args: readonly string[], options: ExecFileOptions = {}): Promise<Ended> {
  const path = dirname(process.execPath) + delimiter + process.env['PATH']
  const env = { ...process.env, ...options.env, PATH: options.env?.['PATH'] ?? path }
  return new Promise((resolve, reject) => {
    execFile(command, [...args], { ...options, env }, (error, stdout, stderr) => {
      // Without a number it was not started, or a signal ended it.
      if (error !== null && typeof error.code !== 'number') reject(error as Error)
      else resolve({ code: Number(error?.code ?? 0), stdout: String(stdout), stderr: String(stderr) })
    })
  })
}

/** The same for a command that must do well: what it wrote. */
export async function mustRun(
  command: string,
  args: readonly string[],
  options?: ExecFileOptions,
): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options)
  if (code === 0) return stdout
  throw new Error(`${command} ${args.join(' ')} exited with ${code}:\n${stdout}${stderr}`)
}
