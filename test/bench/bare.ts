/** Sets the answer of the bare Hono route to that of the route under comparison. */
export async function setConstant(origin: string, path: '/text' | '/json', body: string): Promise<void> {
  const { status } = await fetch(`${origin}${path}`, { method: 'PUT', body })
  if (status !== 204) throw new Error(`the bare Worker took no constant: status ${status}`)
}
