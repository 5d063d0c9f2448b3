import { readFile, writeFile } from 'node:fs/promises'
import { defineCommand, readArguments } from '../schema/runtime/command.ts'
import { withAccounts } from '../schema/nats-rights.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { generateTypes } from './generate-types.ts'

const command = defineCommand({
  name: 'codegen',
  summary:
    'Generates the types of the GraphQL schema and of the documents of the pages, where these have changed, and the accounts in nats.conf.',
  examples: ['npm run codegen'],
})

await runCommand(async () => {
  readArguments(command, process.argv.slice(2))
  await generateTypes()
  await writeFile('nats.conf', withAccounts(await readFile('nats.conf', 'utf8')))
})
