import type { JetStreamManager } from '@nats-io/jetstream'
import { readShownModel, toPromoteCommand } from '../schema/scoring-models.ts'
import type { Logger } from '../schema/runtime/logger.ts'

/**
 * Warns when another scoring model is shown than the one of this scorer. A promotion stays in force when MODEL_DIR
 * changes. The scorer starts in any case, because a scoring model needs scores before it can be promoted.
 */
export async function warnIfNotShown(jsm: JetStreamManager, model: string, logger: Logger): Promise<void> {
  try {
    const shown = await readShownModel(jsm)
    if (shown === undefined || shown === model) return
    logger.warn(
      { shown, model, command: toPromoteCommand(model) },
      'another scoring model is shown, so the figures leave out the scores of this scorer; the command shows them',
    )
  } catch (error) {
    // A server with other users may not give a scorer the right to read MODELS.
    logger.debug({ err: error }, 'cannot read which scoring model is shown')
  }
}
