export { type NodeOptions, type OnNode, onNode } from './hosts/node.ts'
export { type UpstashDatabase, upstash } from './hosts/upstash.ts'
export type { Store } from './stores/store.ts'
