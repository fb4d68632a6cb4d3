// One message of a conversation as an article: text, thoughts and calls folded, and what is told of an answer.

import {copyButton, h, setText} from './dom.js';
import {show} from './markdown.js';

const NAMES = {user: 'You', assistant: 'Answer', tool: 'Result of a tool'};
const ENDS = {length: 'cut at the most tokens', content_filter: 'filtered'};

export class MessageView {
  // `action` is a further button for the foot.
  constructor(message, action = null) {
    this.thought = h('div', {class: 'text'});
    this.thoughtName = h('summary');
    this.thoughts = h('details', {class: 'thoughts', hidden: true}, this.thoughtName, this.thought);
    this.text = h('div', {class: 'text'});
    this.calls = h('div', {class: 'calls'});
    this.pause = h('p', {class: 'pause', hidden: true});
    this.error = h('p', {class: 'error', hidden: true});
    this.stats = h('p', {class: 'stats'});
    this.foot = h('footer', {}, this.stats, h('div', {class: 'actions'}, copyButton(() => message.content || JSON.stringify(message.tool_calls)), action));
    const isAnswer = message.role === 'assistant';
    this.element = h('article', {class: `message ${message.role}`, 'aria-label': NAMES[message.role]},
      h('h2', {}, NAMES[message.role]),
      isAnswer ? [this.thoughts, this.text, this.calls, this.pause, this.error] : this.text, this.foot);
    this.shownCalls = 0;
    this.update(message);
  }

  update(message) {
    this.showThoughts(message);
    if (message.role === 'assistant') show(this.text, message.content ?? '');
    else setText(this.text, message.content);
    for (const call of (message.tool_calls ?? []).slice(this.shownCalls)) this.calls.append(shownCall(call));
    this.shownCalls = message.tool_calls?.length ?? 0;
    setText(this.error, message.error ?? '');
    this.error.hidden = !message.error;
    setText(this.stats, told(message));
  }

  showThoughts({reasoning_content: reasoning, content}) {
    if (!reasoning) return;
    this.thoughts.hidden = false;
    setText(this.thoughtName, content ? 'Thoughts' : 'Thinking…');
    show(this.thought, reasoning);
  }

  // `message` of what an answer waits for; empty for nothing.
  showPause(words) {
    setText(this.pause, words);
    this.pause.hidden = !words;
  }
}

function shownCall({function: {name, arguments: given}}) {
  return h('details', {class: 'call'}, h('summary', {}, 'Call of ', h('code', {}, name)),
    h('pre', {tabindex: 0}, h('code', {}, pretty(given))));
}

function pretty(json) {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}

function told({role, stats, finish, stopped, pauses}) {
  if (role !== 'assistant' || !stats) return '';
  const {tokens, rate, ttft, promptTokens, cached} = stats;
  const prompt = promptTokens === null ? null : `prompt of ${promptTokens}${cached ? `, ${cached} from the cache` : ''}`;
  return [
    `${tokens} ${tokens === 1 ? 'token' : 'tokens'}`,
    rate !== null && `${rate.toFixed(1)} tokens/s`,
    ttft !== null && `first after ${ttft.toFixed(2)} s`,
    prompt,
    stopped ? 'stopped' : ENDS[finish],
    ...(pauses ?? []).map(({worker, seconds}) => `${worker} died: paused ${seconds.toFixed(1)} s`),
  ].filter(Boolean).join(' · ');
}
