// The chat: asks, shows what comes as it comes, stops, asks again.

import {Answer} from './answer.js';
import {Conversation} from './conversation.js';
import {byId, h, setText} from './dom.js';
import {MessageView} from './message.js';
import {Pause} from './pause.js';

const LOOK_MS = 250;
// So near to its end, the text is followed.
const NEAR_PX = 80;

export class Chat {
  // `onError` is called with the HTTP status of an answer that was refused.
  constructor(settings, watch, onError) {
    this.settings = settings;
    this.watch = watch;
    this.onError = onError;
    this.conversation = new Conversation();
    this.answer = null;
    this.list = byId('messages');
    this.prompt = byId('prompt');
    byId('composer').addEventListener('submit', (event) => {
      event.preventDefault();
      this.send();
    });
    this.prompt.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.send();
    });
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.answer?.stop();
    });
    byId('stop').addEventListener('click', () => this.answer?.stop());
    byId('clear').addEventListener('click', () => this.clear());
    this.showAll();
  }

  send() {
    const content = this.prompt.value.trim();
    if (!content || this.answer) return;
    this.prompt.value = '';
    this.append(this.conversation.add({role: 'user', content}));
    this.ask();
  }

  clear() {
    if (this.conversation.messages.length && !window.confirm('Forget this conversation?')) return;
    this.answer?.stop();
    this.conversation.clear();
    this.showAll();
    this.prompt.focus();
  }

  again(message) {
    if (this.answer) return;
    this.conversation.cut(message);
    this.showAll();
    this.ask();
    this.prompt.focus();
  }

  async ask() {
    const {messages} = this.conversation;
    const message = {role: 'assistant', content: ''};
    let body;
    try {
      body = {
        ...this.settings.fields(),
        messages: this.conversation.forApi(this.settings.system),
        stream: true,
        stream_options: {include_usage: true},
      };
    } catch (error) {
      this.append(this.conversation.add({...message, error: error.message}));
      return;
    }
    const answer = this.answer = new Answer();
    const view = this.append(message);
    messages.push(message);
    this.setBusy(view, true);
    await this.follow(answer, body, message, view);
    this.setBusy(view, false);
    // Cleared meanwhile.
    if (this.conversation.messages !== messages) return;
    this.conversation.keep();
    this.following(() => {
      view.update(message);
      view.showPause('');
      this.askForResults(message);
    });
    this.say(message.error ?? `The answer is complete: ${message.stats.tokens} tokens.`);
    if (answer.status) this.onError(answer.status);
  }

  // Shows an answer while it comes.
  async follow(answer, body, message, view) {
    const pause = new Pause(answer, this.watch);
    const show = () => {
      this.frame = null;
      take(answer, message, pause);
      this.following(() => view.update(message));
    };
    const looking = setInterval(() => {
      const words = pause.look();
      this.following(() => view.showPause(words));
      if (words) this.say(words);
    }, LOOK_MS);
    await answer.run(body, () => { this.frame ??= requestAnimationFrame(show); });
    clearInterval(looking);
    cancelAnimationFrame(this.frame);
    this.frame = null;
    pause.settle();
    take(answer, message, pause);
    this.answer = null;
  }

  // --- what is seen ---

  showAll() {
    this.list.replaceChildren();
    for (const message of this.conversation.messages) this.append(message);
    if (!this.conversation.messages.length) {
      this.list.append(h('p', {class: 'empty'}, 'Nothing said yet. The conversation stays in this tab.'));
    }
    const last = this.conversation.messages.at(-1);
    if (last) this.askForResults(last);
    this.list.scrollTop = this.list.scrollHeight;
  }

  append(message) {
    this.list.querySelector('.empty')?.remove();
    // Seen below the last answer alone.
    const again = message.role === 'assistant'
      && h('button', {type: 'button', class: 'small again', onclick: () => this.again(message)}, 'Regenerate');
    const view = new MessageView(message, again);
    this.list.append(view.element);
    this.list.scrollTop = this.list.scrollHeight;
    return view;
  }

  // Nobody runs the tools but the one who asks.
  askForResults(message) {
    if (!message.tool_calls?.length || message.error) return;
    const fields = message.tool_calls.map((call, number) => [call, h('textarea', {id: `result-${number}`, rows: 2})]);
    const form = h('form', {class: 'results', 'aria-label': 'Results of tools'},
      fields.map(([call, area]) => [h('label', {for: area.id}, 'Result of ', h('code', {}, call.function.name)), area]),
      h('button', {}, 'Send the results'));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.answer) return;
      for (const [call, area] of fields) {
        this.conversation.add({role: 'tool', tool_call_id: call.id, content: area.value});
      }
      this.showAll();
      this.ask();
    });
    this.list.append(form);
  }

  // Changes the page, and goes with the text's end if that was in sight.
  following(change) {
    const near = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < NEAR_PX;
    change();
    if (near) this.list.scrollTop = this.list.scrollHeight;
  }

  setBusy(view, busy) {
    // A screen reader reads an answer once it is whole, not word by word.
    view.element.setAttribute('aria-busy', busy);
    const [come, go] = busy ? ['stop', 'send'] : ['send', 'stop'];
    // The focus must not go with a button.
    if (document.activeElement === byId(go)) this.prompt.focus();
    byId(come).hidden = false;
    byId(go).hidden = true;
    if (busy) this.say('The answer has begun. Escape stops it.');
  }

  say(words) {
    setText(byId('announcer'), words);
  }
}

// Takes over into a message what has come of an answer.
function take(answer, message, pause) {
  message.content = answer.content;
  if (answer.reasoning) message.reasoning_content = answer.reasoning;
  if (answer.toolCalls.length) message.tool_calls = answer.toolCalls.map(({index, ...call}) => call);
  message.stats = answer.stats();
  message.finish = answer.finish;
  if (pause.over.length) message.pauses = pause.over;
  if (answer.stopped) message.stopped = true;
  const isEmpty = !answer.content && !answer.toolCalls.length;
  if (answer.error) message.error = answer.error;
  else if (answer.stopped && isEmpty) message.error = 'Stopped before it began.';
}
