import { connectNats } from '../../schema/runtime/nats.ts'
import { requireServer } from '../../schema/runtime/require-server.ts'
import type { SharedConfig } from '../../schema/runtime/shared-config.ts'
import { printModels, printPromotion } from './print-promotion.ts'
import { promoteModel, readScoringModels } from './promote-model.ts'
import type { PromoteArguments } from './read-arguments.ts'

/**
 * Lists the scoring models that have scores, or makes one of them the shown one.
 * @returns the report: text for people, or with `json` one JSON document
 * @throws OperationalError when the log cannot be reached, or has no score of the scoring model
 */
export async function runPromote(
  { natsUrl: url, dataDir }: SharedConfig,
  { model, dryRun, json }: PromoteArguments,
): Promise<string> {
  await requireServer({ url, user: 'promoter', dataDir })
  const connection = await connectNats({ url, user: 'promoter', name: 'promote', dataDir })
  try {
    if (model === undefined) {
      const { shown, models } = await readScoringModels(connection)
      return json ? toJson({ shown: shown ?? null, models }) : printModels(models, shown)
    }
    const promotion = await promoteModel(connection, model, dryRun)
    const { outcome, replaced = null, before = null } = promotion
    return json ? toJson({ outcome, model: promotion.model, replaced, before }) : printPromotion(promotion)
  } finally {
    await connection.close()
  }
}

const toJson = (report: object): string => `${JSON.stringify(report, null, 2)}\n`
