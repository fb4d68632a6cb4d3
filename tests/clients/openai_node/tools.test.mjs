import assert from "node:assert/strict";
import test from "node:test";
import { zodFunction } from "openai/helpers/zod";
import { z } from "zod";
import { client, SUM, SUM_IS, user, WEATHER, WEATHER_IS, WEATHER_RESULT, WEATHER_TOOL } from "./servers.mjs";

const asked = { model: "any", messages: user(WEATHER), temperature: 0 };

const getWeather = () => ({
  name: "get_weather",
  description: "Get the current weather for a city",
  parameters: z.object({ city: z.string() }),
});

test("a tool is called and its result is told", async () => {
  const first = await client.chat.completions.create({ ...asked, tools: [WEATHER_TOOL] });
  const { message, finish_reason } = first.choices[0];
  assert.equal(finish_reason, "tool_calls");
  const [call] = message.tool_calls;
  assert.deepEqual(JSON.parse(call.function.arguments), { city: "Paris" });

  const result = { role: "tool", tool_call_id: call.id, content: JSON.stringify(WEATHER_RESULT) };
  const messages = [...asked.messages, message, result];
  const told = await client.chat.completions.create({ ...asked, messages, tools: [WEATHER_TOOL] });
  assert.equal(told.choices[0].message.content, WEATHER_IS);
});

test("a streamed call is put together", async () => {
  const stream = client.chat.completions.stream({ ...asked, tools: [WEATHER_TOOL] });
  const message = await stream.finalMessage();

  const [call] = message.tool_calls;
  assert.match(call.id, /^call_/);
  assert.equal(call.function.name, "get_weather");
  assert.deepEqual(JSON.parse(call.function.arguments), { city: "Paris" });
});

for (const stream of [false, true]) {
  test(`runTools calls a function and tells its result${stream ? ", streamed" : ""}`, async () => {
    const cities = [];
    const run = client.chat.completions.runTools({
      ...asked,
      stream,
      tools: [
        zodFunction({
          ...getWeather(),
          function: ({ city }) => {
            cities.push(city);
            return WEATHER_RESULT;
          },
        }),
      ],
    });

    assert.equal(await run.finalContent(), WEATHER_IS);
    assert.deepEqual(cities, ["Paris"]);
  });
}

test("arguments are parsed by zod", async () => {
  const answer = await client.chat.completions.parse({ ...asked, tools: [zodFunction(getWeather())] });

  assert.deepEqual(answer.choices[0].message.tool_calls[0].function.parsed_arguments, { city: "Paris" });
});

for (const tool_choice of ["required", { type: "function", function: { name: "get_weather" } }]) {
  test(`a call that is asked for comes: ${tool_choice.type ?? tool_choice}`, async () => {
    const answer = await client.chat.completions.create({
      ...asked,
      messages: user(SUM),
      tools: [WEATHER_TOOL],
      tool_choice,
      parallel_tool_calls: false,
    });

    assert.equal(answer.choices[0].finish_reason, "tool_calls");
    assert.equal(answer.choices[0].message.tool_calls.length, 1);
  });
}

test("tools are left alone where none is needed", async () => {
  const answer = await client.chat.completions.create({ ...asked, messages: user(SUM), tools: [WEATHER_TOOL] });

  assert.equal(answer.choices[0].message.content, SUM_IS);
  assert.equal(answer.choices[0].message.tool_calls, undefined);
});
