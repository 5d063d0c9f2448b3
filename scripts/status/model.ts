import type { ConsumerInfo, JetStreamManager } from '@nats-io/jetstream'
import { readShownModel, toScoringModels } from '../../schema/scoring-models.ts'
import { readModelName } from '../../scorer/models/read-json.ts'

export interface ModelStatus {
  /** The scoring model whose scores are shown; null before the first promotion. */
  readonly shown: string | null
  /** The name in MODEL_DIR's manifest, which a scorer on this machine uses; null if there is none. */
  readonly manifest: string | null
  /** The scoring models that scorers use now. */
  readonly scoring: readonly string[]
}

/** @param consumers of all streams */
export async function readModel(
  jsm: JetStreamManager,
  modelDir: string,
  consumers: readonly ConsumerInfo[],
): Promise<ModelStatus> {
  const [shown, manifest] = await Promise.all([readShownModel(jsm).catch(() => undefined), readModelName(modelDir)])
  return { shown: shown ?? null, manifest: manifest ?? null, scoring: toScoringModels(consumers) }
}
