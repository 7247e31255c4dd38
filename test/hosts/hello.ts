import type { Plugin } from '../../src/index.ts'

/** Adds `GET /hello`, and `/readyz?format=words`. */
export function hello(): Plugin {
  return {
    name: 'hello',
    options: {},
    entries: {},
    formats: [
      {
        name: 'words',
        render: ({ status, report, check }) => ({
          type: 'text/plain; charset=utf-8',
          body: `${check?.name ?? report.service.name} is ${status}\n`,
        }),
      },
    ],
    readers: [
      {
        path: '/hello',
        answer: async ({ report }) => ({ body: { hello: 'world', status: (await report()).status } }),
      },
    ],
  }
}
