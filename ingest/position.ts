import { jetstream, jetstreamManager, JetStreamApiError, StorageType } from '@nats-io/jetstream'
import { Kvm, type KV, type KvOptions } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/transport-node'
import pRetry from 'p-retry'
import { lacksRoom } from '../schema/apply-streams.ts'
import { POSTS, SOURCE_POSITIONS_BUCKET } from '../schema/streams.ts'

const BUCKET_BYTES = 16 * 2 ** 20
/** About twenty seconds. A bucket of a cluster has no leader for up to ten seconds after the server that led it is gone. */
const RETRIES = { retries: 9, minTimeout: 250, maxTimeout: 3_000 } as const

/** How far each source has read. It is kept in a bucket on the NATS server, so that it is backed up together with the log. */
export class Positions {
  readonly #bucket: KV
  readonly #connection: NatsConnection

  private constructor(bucket: KV, connection: NatsConnection) {
    this.#bucket = bucket
    this.#connection = connection
  }

  /**
   * Opens the bucket, and creates it when it is missing, with as many replicas as POSTS has. Positions are read from the
   * server that leads the bucket, because another replica may still have an older one (a direct get).
   */
  static async open(connection: NatsConnection): Promise<Positions> {
    const { config } = await (await jetstreamManager(connection)).streams.info(POSTS)
    const options = {
      history: 1,
      storage: StorageType.File,
      max_bytes: BUCKET_BYTES,
      replicas: config.num_replicas,
      allow_direct: false,
    }
    const create = (changes: Partial<KvOptions> = {}): Promise<KV> =>
      new Kvm(jetstream(connection)).create(SOURCE_POSITIONS_BUCKET, { ...options, ...changes })
    const bucket = await create().catch((error: unknown) => {
      if (!lacksRoom(error)) throw error
      // The streams may have reserved everything; without a reservation the bucket uses what they do not need yet.
      return create({ max_bytes: -1 })
    })
    return new Positions(bucket, connection)
  }

  async read<T>(key: string): Promise<T | undefined> {
    const entry = await this.#retried(() => this.#bucket.get(key))
    return entry === null || entry.operation !== 'PUT' ? undefined : entry.json<T>()
  }

  async save(key: string, position: object): Promise<void> {
    await this.#retried(() => this.#bucket.put(key, JSON.stringify(position)))
  }

  async forget(key: string): Promise<void> {
    await this.#retried(() => this.#bucket.purge(key))
  }

  /** Repeats a request that got no answer. An answer that refuses the request is final. */
  #retried<T>(request: () => Promise<T>): Promise<T> {
    return pRetry(request, {
      ...RETRIES,
      shouldRetry: ({ error }) => !(error instanceof JetStreamApiError) && !this.#connection.isClosed(),
    })
  }
}
