import { type TestHarness, createTestHarness } from 'wrangler'

/** Runs a Worker of the tests in the real runtime, with the Durable Object that ours needs. */
export async function startWorker(
  main: string,
  vars: Record<string, string> = {},
): Promise<TestHarness & { readonly url: URL }> {
  const server = createTestHarness({
    workers: [
      {
        config: {
          name: 'under-test',
          main,
          compatibility_date: '2026-10-30',
          exports: { Cell: { type: 'durable-object', storage: 'sqlite' } },
          durable_objects: { bindings: [{ name: 'CELL', class_name: 'Cell' }] },
          vars,
        },
      },
    ],
  })
  const { url } = await server.listen()
  return { ...server, url }
}
