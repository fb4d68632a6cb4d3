// The servers that `scripts/clients` has started, and what the demo model is asked.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import OpenAI from "openai";

export const SUM = "What is 17 + 25?";
export const SUM_IS = "42";
export const COUNT_LONG = "Count from 1 to 300.";
export const WEATHER = "What is the weather in Paris?";
export const WEATHER_RESULT = { temperature: 18, sky: "cloudy" };
export const WEATHER_IS = "The temperature is 18 and the sky is cloudy.";
export const WEATHER_TOOL = {
  type: "function",
  function: {
    name: "get_weather",
    description: "Get the current weather for a city",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};
export const PET = "Rex is a dog with four legs. Write that as JSON.";

export const user = (content) => [{ role: "user", content }];

const ADDRESS = process.env.CLIENTS_SERVER;
// Full with two requests, asks for a key, and may lose its worker.
const NARROW = process.env.CLIENTS_NARROW_SERVER;
const NARROW_KEY = process.env.CLIENTS_NARROW_KEY;

export const client = new OpenAI({ baseURL: `${ADDRESS}/v1`, apiKey: "any", maxRetries: 0 });

export const narrow = (options = {}) =>
  new OpenAI({ baseURL: `${NARROW}/v1`, apiKey: NARROW_KEY, maxRetries: 0, ...options });

export const waitIdle = () => until(async () => (await workers(ADDRESS)).every((worker) => !worker.running));

export const waitForWorker = () => until(async () => (await workers(NARROW)).length > 0);

export async function killWorker() {
  process.kill((await workers(NARROW))[0].pid, "SIGKILL");
}

async function workers(address) {
  const state = await (await fetch(`${address}/ready`)).json();
  return state.workers.filter((worker) => worker.state === "ready");
}

async function until(condition) {
  const deadline = Date.now() + 60_000;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, "not within a minute");
    await sleep(50);
  }
}
