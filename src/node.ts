export { type NodeOptions, type OnNode, onNode } from './hosts/node.ts'
export { type UpstashDatabase, upstash } from './stores/upstash.ts'
export type { Store } from './stores/store.ts'
