import type { JetStreamManager } from '@nats-io/jetstream'
import { readShownModel, toPromoteCommand } from '../schema/scoring-models.ts'
import type { Logger } from '../schema/runtime/logger.ts'

/**
 * Says so where another model than this scorer's is shown: a data folder goes on showing the model that was promoted in it,
 * also after the one that scores has changed. Never keeps a scorer from starting: its scores are worth having in any case.
 */
export async function warnIfNotShown(jsm: JetStreamManager, model: string, logger: Logger): Promise<void> {
  try {
    const shown = await readShownModel(jsm)
    if (shown === undefined || shown === model) return
    logger.warn(
      { shown, model, command: toPromoteCommand(model) },
      'another model is shown than the one that this scorer scores with: the figures stand still, unless other scorers make the shown one’s. The command shows this one’s scores',
    )
  } catch (error) {
    // A server with users of its own may not let a scorer ask.
    logger.debug({ err: error }, 'cannot look up which model is shown')
  }
}
