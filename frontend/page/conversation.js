// The messages of a conversation, kept in this tab (sessionStorage) up to a bound, and nowhere else.

const KEPT = 'mlx-llm-server conversation';
const MOST_CHARACTERS = 1_000_000;

// A message is what the API takes (role, content, tool_calls, ...), and in `stats` and the like what only the page shows.
const OF_API = ['role', 'content', 'reasoning_content', 'tool_calls', 'tool_call_id'];

export class Conversation {
  constructor() {
    this.messages = [];
    try {
      this.messages = JSON.parse(sessionStorage.getItem(KEPT)) ?? [];
    } catch {
      // What can't be read is of no use.
    }
  }

  add(message) {
    this.messages.push(message);
    this.keep();
    return message;
  }

  // Removes a message and all behind it.
  cut(message) {
    this.messages.splice(this.messages.indexOf(message));
    this.keep();
  }

  clear() {
    this.messages = [];
    this.keep();
  }

  keep() {
    // The oldest are not kept if all are too many; they stay in the page until it is left.
    for (let first = 0; first <= this.messages.length; first += 1) {
      const text = JSON.stringify(this.messages.slice(first));
      if (text.length > MOST_CHARACTERS && first < this.messages.length) continue;
      try {
        sessionStorage.setItem(KEPT, text);
      } catch {
        // There is no room, or none is given to pages.
      }
      return;
    }
  }

  // For the API, with the system prompt first.
  forApi(system) {
    const asked = this.messages.filter((message) => !message.error);
    const messages = asked.map((message) =>
      Object.fromEntries(OF_API.filter((name) => message[name] !== undefined).map((name) => [name, message[name]])));
    return system ? [{role: 'system', content: system}, ...messages] : messages;
  }
}
