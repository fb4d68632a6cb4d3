import assert from "node:assert/strict";
import test from "node:test";
import { client, COUNT_LONG, SUM, SUM_IS, user, waitIdle } from "./servers.mjs";

test("an answer comes in pieces, and the usage last", async () => {
  const stream = await client.chat.completions.create({
    model: "any",
    messages: user("Count from 1 to 100."),
    temperature: 0,
    max_tokens: 1000,
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  const last = chunks.pop();

  const text = chunks.map((chunk) => chunk.choices[0].delta.content ?? "").join("");
  assert.deepEqual(
    text.match(/\d+/g).map(Number),
    Array.from({ length: 100 }, (_, index) => index + 1),
  );
  assert.equal(chunks[0].choices[0].delta.role, "assistant");
  assert.equal(chunks.at(-1).choices[0].finish_reason, "stop");
  assert.deepEqual(last.choices, []);
  assert.ok(last.usage.completion_tokens > 100);
});

test("the stream helper tells events and the whole", async () => {
  const pieces = [];
  const stream = client.chat.completions
    .stream({ model: "any", messages: user(SUM), temperature: 0, stream_options: { include_usage: true } })
    .on("content", (delta) => pieces.push(delta));
  const whole = await stream.finalChatCompletion();

  assert.equal(pieces.join(""), SUM_IS);
  assert.equal(whole.choices[0].message.content, SUM_IS);
  assert.equal(whole.choices[0].finish_reason, "stop");
  assert.equal((await stream.totalUsage()).total_tokens, whole.usage.total_tokens);
});

test("a stream goes through a web stream", async () => {
  const stream = await client.chat.completions.create({
    model: "any",
    messages: user(SUM),
    temperature: 0,
    stream: true,
  });
  const lines = (await new Response(stream.toReadableStream()).text()).trim().split("\n");

  assert.equal(lines.map((line) => JSON.parse(line).choices[0].delta.content ?? "").join(""), SUM_IS);
});

for (const how of ["left", "aborted"]) {
  test(`a stream that is ${how} is cancelled`, async () => {
    const stream = await client.chat.completions.create({
      model: "any",
      messages: user(COUNT_LONG),
      max_tokens: 3000,
      ignore_eos: true,
      stream: true,
    });
    for await (const _ of stream) {
      if (how === "aborted") stream.controller.abort();
      break;
    }

    await waitIdle();
  });
}
