/** The commands with a help text of their own. */
export type Topic = 'check' | 'poll' | 'init'

export const TOPICS: readonly Topic[] = ['check', 'poll', 'init']

const EXIT_CODES = `Exit code: 0 healthy, 1 unhealthy or unknown, 2 degraded, 3 a fault of the config or
of the command line.
`

const SHOW = `  --json              print the JSON report of /readyz instead of a table
  --watch             look again and again, until Ctrl-C
  --interval SECONDS  how long to wait in between (5)
`

const HELP: Readonly<Record<Topic | 'all', string>> = {
  all: `allclear: is everything this service directly depends on ready?

  allclear check      run the checks of health.config.ts once, from here
  allclear poll URL   ask an endpoint of Allclear, wherever it runs
  allclear init       write a first health.config.ts, and a Worker to deploy it
  allclear help check

  --version           which one this is

${EXIT_CODES}`,
  check: `allclear check [--config FILE] [--env-file FILE] [--only NAMES] [--json] [--watch]

Runs the checks once, from here, with this environment, whatever endpoints they
count for, and shows what each found and what its dependency said.

  --config FILE       default: health.config.ts, .mts, .js or .mjs here, then in src
  --env-file FILE     variables that the environment lacks, as in a .dev.vars
  --only NAMES        only these checks, with commas between
${SHOW}
${EXIT_CODES}`,
  poll: `allclear poll URL [--json] [--watch] [--timeout SECONDS] [--token-env NAME]

Asks an endpoint of Allclear and shows its answer. URL is a service's, whose
/readyz it takes, or /readyz, /readyz/NAME, /startupz or /livez itself.

  --timeout SECONDS   how long an answer may take (15)
  --token-env NAME    the environment variable with the token that opens private
                      detail. Default ALLCLEAR_TOKEN, if it is set
${SHOW}
An endpoint that cannot be reached, or that answers something else, is 1. So is a
503, whatever its body says.
${EXIT_CODES}`,
  init: `allclear init [--dir FOLDER]

Writes a first health.config.ts, wrangler.toml, src/worker.ts and package.json, and
ends with the commands that come next. Files that exist are left as they are.

  --dir FOLDER        where (.)
`,
}

export function help(topic: Topic | undefined): string {
  return HELP[topic ?? 'all']
}
