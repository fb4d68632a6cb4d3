// Why an answer that is under way says nothing, in words: from its silence, and from what the server's status tells.

const SILENCE_MS = 700;
// What is told of a token may lie so long before the event of the worker's death.
const BEFORE_MS = 2000;

export class Pause {
  constructor(answer, watch) {
    this.answer = answer;
    this.watch = watch;
    this.death = null;
    this.since = null;
    // Pauses that are over and had a worker's death in them: {worker, seconds}.
    this.over = [];
  }

  // Call it a few times a second; returns what to show, or nothing.
  look() {
    const {answer, watch} = this;
    this.settle();
    if (performance.now() - answer.heardAt < SILENCE_MS) return '';
    watch.look();
    if (watch.latest === null) return answer.comment || 'Waiting…';
    this.death ??= watch.latest.events.find(
      ({kind, time}) => kind === 'died' && watch.at(time) > answer.heardAt - BEFORE_MS) ?? null;
    if (this.death) {
      this.since ??= answer.heardAt;
      return `${this.death.worker} died (${this.death.exit ?? this.death.reason}). ${this.hope()}`;
    }
    if (answer.comment) return `Waiting: ${answer.comment}.`;
    if (watch.latest.status !== 'ready') return `Waiting: ${watch.latest.reason}.`;
    if (watch.latest.queued) return `Waiting: ${watch.latest.queued} in the queue.`;
    return answer.firstAt === null ? 'The prompt is being processed…' : 'Waiting for more…';
  }

  hope() {
    const {workers} = this.watch.latest;
    if (workers.some(({state}) => state === 'ready')) return 'The answer goes on with another worker…';
    const loading = workers.find((worker) => worker.loading?.of);
    const share = loading ? ` (${Math.floor(100 * loading.loading.bytes / loading.loading.of)} %)` : '';
    return `The answer goes on once the next one is loaded${share}…`;
  }

  // Notes a pause that is over.
  settle() {
    if (this.since === null || this.answer.heardAt === this.since) return;
    this.over.push({worker: this.death.worker, seconds: (this.answer.heardAt - this.since) / 1000});
    this.death = this.since = null;
  }
}
