// Looks at the server's status: once a second while somebody wants to see it, or when asked.

import {getJson} from './api.js';

const EVERY_MS = 1000;
const MOST_OFTEN_MS = 700;
const HISTORY_SECONDS = 600;

export class Watch {
  constructor() {
    this.latest = null;
    this.error = null;
    this.history = null;
    this.listeners = new Set();
    this.timer = null;
    this.asking = null;
    // When `latest` came, on performance.now() and in Unix milliseconds.
    this.receivedAt = -Infinity;
    this.askedAt = 0;
  }

  // Calls `listener` with every status from now on; returns what ends that.
  follow(listener) {
    this.listeners.add(listener);
    if (this.latest) listener(this);
    this.tick();
    return () => this.listeners.delete(listener);
  }

  // One look at a time, and not too often, however many ask for it.
  look() {
    if (performance.now() - this.receivedAt < MOST_OFTEN_MS) return null;
    this.asking ??= this.ask().finally(() => { this.asking = null; });
    return this.asking;
  }

  async tick() {
    clearTimeout(this.timer);
    if (this.listeners.size === 0) return;
    if (!document.hidden) await this.look();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tick(), EVERY_MS);
  }

  async ask() {
    const newest = this.history?.time.at(-1);
    const missing = newest === undefined ? HISTORY_SECONDS : Math.ceil((Date.now() - this.askedAt) / 1000) + 5;
    try {
      const status = await getJson(`admin/status?history=${Math.min(missing, HISTORY_SECONDS)}`);
      this.askedAt = Date.now();
      this.receivedAt = performance.now();
      this.history = joined(this.latest?.started === status.started ? this.history : null, status.history);
      this.latest = status;
      this.error = null;
    } catch (error) {
      this.error = error;
    }
    for (const listener of this.listeners) listener(this);
  }

  // When something happened, on performance.now(): the server's clock need not be ours.
  at(time) {
    return this.receivedAt - 1000 * (this.latest.time - time);
  }
}

// The samples known so far, and those that are newer.
function joined(known, fresh) {
  if (known === null) return fresh;
  const newest = known.time.at(-1) ?? 0;
  const first = fresh.time.findIndex((time) => time > newest);
  if (first < 0) return known;
  return Object.fromEntries(
    Object.keys(fresh).map((name) => [name, [...known[name], ...fresh[name].slice(first)].slice(-HISTORY_SECONDS)]),
  );
}
