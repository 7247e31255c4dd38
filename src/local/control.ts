import type { ServerResponse } from 'node:http'
import { modes } from './faults.ts'
import type { Faults, Mode, Received } from './faults.ts'
import { sendJson, startServer } from './server.ts'
import type { LocalServer } from './server.ts'

/** A server that breaks and mends the dependencies of the demo. */
export type LocalControl = Pick<LocalServer, 'origin' | 'port' | 'close'>

/**
 * Starts the control server. `POST /NAME/MODE` sets the mode of a dependency, where `mend` stands for `ok` and
 * `?region=apac` limits the mode to that region. `GET /` lists all modes.
 *
 * @param port Default 0: any free port.
 */
export async function startControl(
  dependencies: Readonly<Record<string, Faults>>,
  port: number = 0,
): Promise<LocalControl> {
  const {
    origin,
    port: taken,
    close,
  } = await startServer((request, response) => control(dependencies, request, response), { port })
  return { origin, port: taken, close }
}

/** The modes as people type them: `mend` instead of `ok`. */
const commands: readonly string[] = [...modes.filter((mode) => mode !== 'ok'), 'mend']

function control(
  dependencies: Readonly<Record<string, Faults>>,
  { method, path }: Received,
  response: ServerResponse,
): void {
  if (path === '/') {
    if (method !== 'GET') return notAllowed(response, 'GET')
    return sendJson(
      response,
      200,
      Object.fromEntries(Object.entries(dependencies).map(([name, faults]) => [name, seen(faults)])),
    )
  }
  const { pathname, searchParams } = new URL(path, 'http://localhost')
  const [, name = '', command = ''] = pathname.split('/')
  const faults = Object.hasOwn(dependencies, name) ? dependencies[name] : undefined
  if (!faults)
    return sendJson(response, 404, { error: unknown('dependency', name, Object.keys(dependencies)) })
  if (!commands.includes(command))
    return sendJson(response, 400, { error: unknown('mode', command, commands) })
  if (method !== 'POST') return notAllowed(response, 'POST')
  const region = searchParams.get('region') ?? undefined
  faults.set(command === 'mend' ? 'ok' : (command as Mode), { region })
  sendJson(response, 200, { [name]: seen(faults) })
}

function seen(faults: Faults): { readonly mode: Mode; readonly hits: number } {
  return { mode: faults.mode(), hits: faults.hits() }
}

function unknown(what: string, given: string, known: readonly string[]): string {
  return `unknown ${what} "${given}": known are ${known.join(', ')}`
}

function notAllowed(response: ServerResponse, allow: string): void {
  sendJson(response, 405, { error: `method not allowed: use ${allow}` }, { allow })
}
