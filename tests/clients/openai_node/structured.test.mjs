import assert from "node:assert/strict";
import test from "node:test";
import { LengthFinishReasonError } from "openai/error";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";
import { client, PET, SUM, user } from "./servers.mjs";

const Pet = z.object({ name: z.string(), kind: z.enum(["cat", "dog"]), legs: z.int() });
const asked = {
  model: "any",
  messages: user(PET),
  response_format: zodResponseFormat(Pet, "pet"),
  temperature: 0,
};

test("an answer is parsed by zod", async () => {
  const answer = await client.chat.completions.parse(asked);

  assert.ok(Pet.safeParse(answer.choices[0].message.parsed).success);
});

test("a stream is parsed by zod", async () => {
  const answer = await client.chat.completions.stream(asked).finalChatCompletion();

  assert.ok(Pet.safeParse(answer.choices[0].message.parsed).success);
});

test("an answer that is cut is told apart", async () => {
  await assert.rejects(client.chat.completions.parse({ ...asked, max_tokens: 3 }), LengthFinishReasonError);
});

test("an answer is a JSON object", async () => {
  const answer = await client.chat.completions.create({
    ...asked,
    messages: user(SUM),
    response_format: { type: "json_object" },
  });

  assert.equal(typeof JSON.parse(answer.choices[0].message.content), "object");
});
