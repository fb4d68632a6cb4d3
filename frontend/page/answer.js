// One answer: asks for it, and gathers what comes. Knows nothing of how it is shown.

import {ApiError, post} from './api.js';
import {events} from './sse.js';

const SHORTEST_SECONDS = 0.05;

export class Answer {
  constructor() {
    this.content = '';
    this.reasoning = '';
    this.toolCalls = [];
    this.finish = null;
    this.error = null;
    // Of HTTP, where that is what went wrong.
    this.status = null;
    this.stopped = false;
    this.usage = null;
    this.comment = '';
    // Milliseconds of performance.now().
    this.askedAt = this.heardAt = performance.now();
    this.firstAt = this.lastAt = null;
    this.pieces = 0;
    this.controller = new AbortController();
  }

  stop() {
    this.stopped = true;
    this.controller.abort();
  }

  // Resolves at the end, whatever end it is; `onChange` is called for everything that comes.
  async run(body, onChange) {
    try {
      const response = await post('v1/chat/completions', body, this.controller.signal);
      for await (const {data, comment} of events(response)) {
        if (comment !== undefined) this.comment = comment;
        else if (data === '[DONE]') break;
        else this.take(JSON.parse(data));
        onChange();
      }
      if (this.finish === null && !this.stopped) throw new ApiError(0, 'The connection ended before the answer did.');
    } catch (error) {
      if (!this.stopped) [this.error, this.status] = [error.message, error.status];
    }
    onChange();
  }

  take(chunk) {
    if (chunk.error) throw new ApiError(0, chunk.error.message, chunk.error.code);
    if (chunk.usage) this.usage = chunk.usage;
    const choice = chunk.choices.find(({index}) => index === 0);
    if (!choice) return;
    this.heardAt = performance.now();
    const {content, reasoning_content: reasoning, tool_calls: calls} = choice.delta;
    if (content || reasoning || calls) {
      this.firstAt ??= this.heardAt;
      this.lastAt = this.heardAt;
      this.comment = '';
      this.pieces += 1;
    }
    this.content += content ?? '';
    this.reasoning += reasoning ?? '';
    for (const call of calls ?? []) this.toolCalls.push(call);
    this.finish = choice.finish_reason ?? this.finish;
  }

  // What is told under the answer. Tokens are exact at its end; before, events are counted, most of which are one.
  stats() {
    const tokens = this.usage?.completion_tokens ?? this.pieces;
    const seconds = this.firstAt === null ? 0 : (this.lastAt - this.firstAt) / 1000;
    return {
      tokens,
      cached: this.usage?.prompt_tokens_details?.cached_tokens ?? 0,
      promptTokens: this.usage?.prompt_tokens ?? null,
      ttft: this.firstAt === null ? null : (this.firstAt - this.askedAt) / 1000,
      // The first token was there when the clock started. What came all at once, to a tab that was busy, has no rate.
      rate: seconds > SHORTEST_SECONDS && tokens > 1 ? (tokens - 1) / seconds : null,
    };
  }
}
