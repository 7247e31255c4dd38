export {
  type MountNode,
  type MountOptions,
  type NodeRequest,
  type NodeResponse,
  mountNode,
} from './hosts/node-mount.ts'
export { type NodeOptions, type OnNode, onNode } from './hosts/node.ts'
export { upstash } from './hosts/node-store.ts'
export type { UpstashDatabase } from './stores/upstash.ts'
export type { Store } from './stores/store.ts'
