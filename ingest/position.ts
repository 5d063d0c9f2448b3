import { jetstream, jetstreamManager, StorageType } from '@nats-io/jetstream'
import { Kvm, type KV } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/transport-node'
import { POSTS, SOURCE_POSITIONS_BUCKET } from '../schema/streams.ts'

const BUCKET_BYTES = 16 * 2 ** 20

/** How far each source has read. It is kept in a bucket on the NATS server, so that it is backed up together with the log. */
export class Positions {
  readonly #bucket: KV

  private constructor(bucket: KV) {
    this.#bucket = bucket
  }

  /**
   * Opens the bucket, and creates it when it is missing, with as many replicas as POSTS has. Positions are read from the
   * server that leads the bucket, because another replica may still have an older one (a direct get).
   */
  static async open(connection: NatsConnection): Promise<Positions> {
    const { config } = await (await jetstreamManager(connection)).streams.info(POSTS)
    const options = {
      storage: StorageType.File,
      max_bytes: BUCKET_BYTES,
      replicas: config.num_replicas,
      allow_direct: false,
    }
    const kvm = new Kvm(jetstream(connection))
    return new Positions(await kvm.create(SOURCE_POSITIONS_BUCKET, { history: 1, ...options }))
  }

  async read<T>(key: string): Promise<T | undefined> {
    const entry = await this.#bucket.get(key)
    return entry === null || entry.operation !== 'PUT' ? undefined : entry.json<T>()
  }

  async save(key: string, position: object): Promise<void> {
    await this.#bucket.put(key, JSON.stringify(position))
  }

  async forget(key: string): Promise<void> {
    await this.#bucket.purge(key)
  }
}
