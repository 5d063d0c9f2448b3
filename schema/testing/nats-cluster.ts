import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { freePort, launchTestNats, type RunningServer } from './nats-server.ts'

export interface TestCluster extends AsyncDisposable {
  /** The URLs of all servers, separated by commas. */
  readonly url: string
  /** The URL of each server. */
  readonly urls: readonly string[]
  /** A plain connection to any of the servers. */
  connect(): Promise<NatsConnection>
  /** The index of the server that leads a stream. @throws while the stream has no leader */
  leaderOf(stream: string): Promise<number>
  /** Sends SIGKILL, to simulate a crash. */
  kill(index: number): Promise<void>
  /** Starts a server that was killed, on the same ports and store. */
  start(index: number): Promise<void>
  /** Makes a server hang (SIGSTOP), which looks like a cut network to the others; `resume` ends that. */
  suspend(index: number): void
  resume(index: number): void
}

const serverName = (index: number): string => `server-${index + 1}`

/** Starts real nats-servers on free ports that form a cluster with JetStream. Resolves when the cluster has a leader. */
export async function startTestCluster(size = 3): Promise<TestCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'gravitas-cluster-'))
  const ports = await Promise.all(Array.from({ length: size }, freePort))
  const routePorts = await Promise.all(Array.from({ length: size }, freePort))
  const urls = ports.map((port) => `nats://127.0.0.1:${port}`)
  const running = new Map<number, RunningServer>()
  const start = async (index: number): Promise<void> => {
    const storeDir = join(folder, serverName(index))
    await mkdir(storeDir, { recursive: true })
    running.set(index, await launchTestNats({ port: ports[index]!, storeDir, more: clusterConfig(index, routePorts) }))
  }
  const kill = async (index: number): Promise<void> => {
    await running.get(index)?.kill()
    running.delete(index)
  }
  const cluster: TestCluster = {
    url: urls.join(','),
    urls,
    connect: () =>
      connect({ servers: urls, waitOnFirstConnect: true, maxReconnectAttempts: -1, reconnectTimeWait: 50 }),
    leaderOf: async (stream) => {
      const connection = await cluster.connect()
      try {
        const { cluster: group } = await (await jetstreamManager(connection)).streams.info(stream)
        return urls.findIndex((_, index) => serverName(index) === group?.leader)
      } finally {
        await connection.close()
      }
    },
    kill,
    start,
    suspend: (index) => void process.kill(running.get(index)!.pid, 'SIGSTOP'),
    resume: (index) => void process.kill(running.get(index)!.pid, 'SIGCONT'),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...running.keys()].map(kill))
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
  await Promise.all(urls.map((_, index) => start(index)))
  await untilReady(cluster)
  return cluster
}

const clusterConfig = (index: number, routePorts: readonly number[]): string => `
server_name: ${serverName(index)}
cluster {
  name: test
  listen: "127.0.0.1:${routePorts[index]}"
  routes: [${routePorts.map((port) => `"nats://127.0.0.1:${port}"`).join(', ')}]
}`

/** Resolves when the servers have elected a leader, and the leader knows all of them. */
async function untilReady(cluster: TestCluster): Promise<void> {
  const connection = await cluster.connect()
  const name = 'READY'
  try {
    for (;;) {
      try {
        const jsm = await jetstreamManager(connection, { timeout: 500 })
        await jsm.streams.add({ name, subjects: [name], num_replicas: cluster.urls.length })
        await jsm.streams.delete(name)
        return
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
  } finally {
    await connection.close()
  }
}
