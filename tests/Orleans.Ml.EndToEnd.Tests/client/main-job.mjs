// The main job with an official client: create, upload, vocabulary, start, infer, stats, update, stop, delete. Prints one line of JSON with what came back.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

// client: @elastic/elasticsearch (9.x) or elasticsearch8; task: what the model is used for when it is not what its model.json says, or ''.
const [library, node, folder, modelId, task, ...texts] = process.argv.slice(2)
const { Client, errors } = await import(library)
const client = new Client({ node, maxRetries: 0, compression: true })
const partBytes = 1024 * 1024
const answer = { contentTypes: [] }
client.diagnostic.on('response', (error, result) => {
  const contentType = error == null ? result.headers['content-type'] : undefined
  if (contentType !== undefined && !answer.contentTypes.includes(contentType)) answer.contentTypes.push(contentType)
})

const config = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8'))
if (task !== '') {
  const [{ tokenization }] = Object.values(config.inference_config)
  config.inference_config = { [task]: { tokenization } }
}
answer.product = (await client.info()).tagline
answer.ping = await client.ping()
answer.created = (await client.ml.putTrainedModel({ model_id: modelId, ...config })).model_id

const archive = await readFile(join(folder, 'model.pt'))
const totalParts = Math.ceil(archive.length / partBytes)
for (let part = 0; part < totalParts; part++) {
  await client.ml.putTrainedModelDefinitionPart({
    model_id: modelId,
    part,
    definition: archive.subarray(part * partBytes, (part + 1) * partBytes).toString('base64'),
    total_definition_length: archive.length,
    total_parts: totalParts
  })
}
await client.ml.putTrainedModelVocabulary({ model_id: modelId, ...JSON.parse(await readFile(join(folder, 'vocabulary.json'), 'utf8')) })

const status = await client.ml.getTrainedModels({ model_id: modelId, include: 'definition_status' })
answer.fullyDefined = status.trained_model_configs[0].fully_defined

const started = await client.ml.startTrainedModelDeployment({ model_id: modelId, number_of_allocations: 1, wait_for: 'fully_allocated', timeout: '60s' })
answer.state = started.assignment.assignment_state

const inferred = await client.ml.inferTrainedModel({ model_id: modelId, docs: texts.map(text => ({ text_field: text })), timeout: '30s' })
answer.results = inferred.inference_results

const stats = await client.ml.getTrainedModelsStats({ model_id: modelId })
answer.inferenceCount = stats.trained_model_stats[0].deployment_stats.nodes[0].inference_count

const updated = await client.ml.updateTrainedModelDeployment({ model_id: modelId, number_of_allocations: 2 })
answer.allocations = updated.assignment.task_parameters.number_of_allocations

answer.stopped = (await client.ml.stopTrainedModelDeployment({ model_id: modelId })).stopped
answer.deleted = (await client.ml.deleteTrainedModel({ model_id: modelId })).acknowledged
try {
  await client.ml.getTrainedModels({ model_id: modelId })
} catch (error) {
  if (!(error instanceof errors.ResponseError)) throw error
  answer.afterwards = [error.statusCode, error.body.error.type]
}
console.log(JSON.stringify(answer))
