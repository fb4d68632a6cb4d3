import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import OpenAI from "openai";
import { client, COUNT_LONG, killWorker, narrow, SUM, SUM_IS, user, waitForWorker } from "./servers.mjs";

const asked = { model: "any", messages: user(SUM), temperature: 0 };
const long = { ...asked, messages: user(COUNT_LONG), max_tokens: 3000, ignore_eos: true, stream: true };

beforeEach(waitForWorker);

const fails = async (promise, kind, told) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof kind, `${error.constructor.name}: ${error.message}`);
    for (const [name, value] of Object.entries(told)) assert.equal(error[name], value);
    return true;
  });

for (const [field, value] of [
  ["temperature", 3],
  ["no_such_field", 1],
  ["audio", { voice: "alloy", format: "mp3" }],
]) {
  test(`what is wrong is a bad request that names it: ${field}`, async () => {
    const told = { status: 400, param: field, type: "invalid_request_error" };
    for (const stream of [false, true])
      await fails(client.chat.completions.create({ ...asked, stream, [field]: value }), OpenAI.BadRequestError, told);
  });
}

test("what is not there is not found", async () => {
  await fails(client.models.retrieve("none"), OpenAI.NotFoundError, { status: 404 });
  await fails(client.embeddings.create({ model: "any", input: "a" }), OpenAI.NotFoundError, { status: 404 });
});

test("a wrong key is an authentication error", async () => {
  const stranger = narrow({ apiKey: "wrong" });

  await fails(stranger.models.list(), OpenAI.AuthenticationError, { code: "invalid_api_key" });
});

test("a worker that dies and has no successor in time is an error in the stream", async () => {
  const stream = await narrow().chat.completions.create(long);
  const read = async () => {
    let killed = false;
    for await (const _ of stream) {
      if (!killed) await killWorker();
      killed = true;
    }
  };

  await fails(read(), OpenAI.APIError, { code: "service_unavailable" });
});

test("without a worker in time it is a server error, and a retry finds the next one", async () => {
  await killWorker();
  await fails(narrow().chat.completions.create(asked), OpenAI.InternalServerError, { status: 503 });

  const answer = await narrow({ maxRetries: 10 }).chat.completions.create(asked);
  assert.equal(answer.choices[0].message.content, SUM_IS);
});

test("a full server is a rate limit until there is room", async () => {
  const stream = await narrow().chat.completions.create(long);
  // A request for two choices needs more room than the queue has.
  const refused = narrow().chat.completions.create({ ...asked, n: 2 });
  await fails(refused, OpenAI.RateLimitError, { code: "server_overloaded" });

  stream.controller.abort();
  const answer = await narrow({ maxRetries: 10 }).chat.completions.create(asked);
  assert.equal(answer.choices[0].message.content, SUM_IS);
});
