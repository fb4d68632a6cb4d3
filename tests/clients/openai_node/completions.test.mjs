import assert from "node:assert/strict";
import test from "node:test";
import { client, SUM, SUM_IS } from "./servers.mjs";

const asked = {
  model: "any",
  prompt: `<|im_start|>user\n${SUM}<|im_end|>\n<|im_start|>assistant\n`,
  temperature: 0,
};

test("a prompt is gone on with", async () => {
  const answer = await client.completions.create({ ...asked, logprobs: 1 });

  assert.equal(answer.choices[0].text, SUM_IS);
  assert.equal(answer.choices[0].logprobs.tokens.join(""), SUM_IS);
});

test("a completion is streamed", async () => {
  const stream = await client.completions.create({ ...asked, stream: true });
  let text = "";
  for await (const chunk of stream) text += chunk.choices[0].text;

  assert.equal(text, SUM_IS);
});
