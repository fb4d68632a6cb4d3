import assert from "node:assert/strict";
import test from "node:test";
import OpenAI from "openai";
import { client, COUNT_LONG, SUM, SUM_IS, user, waitIdle } from "./servers.mjs";

test("a question is answered", async () => {
  const answer = await client.chat.completions.create({ model: "any", messages: user(SUM), temperature: 0 });

  assert.equal(answer.object, "chat.completion");
  assert.equal(answer.choices[0].message.content, SUM_IS);
  assert.equal(answer.choices[0].finish_reason, "stop");
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
  assert.ok(answer._request_id);
});

test("many ask at once", async () => {
  const answers = await Promise.all(
    [11, 12, 13, 14].map((first) =>
      client.chat.completions.create({ model: "any", messages: user(`What is ${first} + 25?`), temperature: 0 }),
    ),
  );

  assert.deepEqual(
    answers.map((answer) => answer.choices[0].message.content),
    ["36", "37", "38", "39"],
  );
});

test("several choices are made", async () => {
  const answer = await client.chat.completions.create({ model: "any", messages: user(SUM), temperature: 0, n: 2 });

  assert.deepEqual(
    answer.choices.map((choice) => [choice.index, choice.message.content]),
    [
      [0, SUM_IS],
      [1, SUM_IS],
    ],
  );
});

test("log probabilities are told", async () => {
  const answer = await client.chat.completions.create({
    model: "any",
    messages: user(SUM),
    temperature: 0,
    logprobs: true,
    top_logprobs: 2,
  });

  const told = answer.choices[0].logprobs.content;
  assert.equal(told.map((token) => token.token).join(""), SUM_IS);
  assert.ok(told.every((token) => token.top_logprobs.length === 2));
});

test("thoughts come apart from the answer", async () => {
  const answer = await client.chat.completions.create({
    model: "any",
    messages: user(SUM),
    temperature: 0,
    chat_template_kwargs: { enable_thinking: true },
  });

  assert.match(answer.choices[0].message.reasoning_content, /^17 \+ 25/);
  assert.equal(answer.choices[0].message.content, SUM_IS);
});

test("the models are listed", async () => {
  const names = [];
  for await (const model of client.models.list()) names.push(model.id);

  assert.deepEqual(names, ["mlx-llm-server-demo"]);
  assert.equal((await client.models.retrieve(names[0])).object, "model");
});

test("who has no more patience leaves nothing running", async () => {
  const asked = { model: "any", messages: user(COUNT_LONG), max_tokens: 3000, ignore_eos: true };

  await assert.rejects(client.chat.completions.create(asked, { timeout: 300 }), OpenAI.APIConnectionTimeoutError);
  await waitIdle();
});
