// The status view: what the server does now, its workers, the last minutes, and what happened.

import {getJson} from './api.js';
import {h, setText} from './dom.js';
import {Plot} from './plot.js';

const MINUTES = [2, 5, 10];
const MEGABYTE = 1e6;
const MOST_EVENTS = 40;

const short = (value) => String(+value.toFixed(1));
const rate = (value) => (value < 10 ? short(value) : Math.round(value).toLocaleString('en'));
const seconds = (value) => (value === 0 || value >= 1 ? `${short(value)} s` : `${Math.round(1000 * value)} ms`);
const size = (bytes) => (bytes < 1000 * MEGABYTE ? `${Math.round(bytes / MEGABYTE)} MB` : `${short(bytes / 1000 / MEGABYTE)} GB`);
const count = (value) => value.toLocaleString('en');
const clock = (time) => new Date(1000 * time).toLocaleTimeString();

const TILES = [
  ['Tokens/s', (status) => rate(status.tokens_per_second)],
  ['Running', (status) => count(status.running)],
  ['Waiting', (status) => (status.queued ? `${count(status.queued)} (${seconds(status.queued_seconds)})` : '0')],
  ['Workers ready', (status) => `${status.workers.filter(({state}) => state === 'ready').length} of ${Math.max(status.expected_workers, status.workers.length)}`],
  ['Deaths', (status) => count(status.deaths)],
  ['Resumed', (status) => count(status.resumed)],
  ['Tokens', (status) => count(status.tokens)],
  ['Up for', (status) => duration(status.time - status.started)],
];

const COLUMNS = [
  ['Worker', (worker) => [worker.name, ' ', h('small', {}, `${worker.pid}`)]],
  ['State', (worker) => [h('span', {class: `state ${worker.state}`}, worker.state), loading(worker)]],
  ['Model', (worker) => worker.model.split('/').at(-1)],
  ['Load', (worker) => (worker.capacity ? `${worker.running} of ${worker.capacity}` : '–')],
  ['Tokens/s', (worker) => rate(worker.tokens_per_second)],
  ['Memory', (worker) => (worker.memory_bytes === null ? '–' : size(worker.memory_bytes))],
  ['Step', (worker) => count(worker.step)],
  ['At it for', (worker) => (worker.step_seconds === null ? '–' : worker.running ? seconds(worker.step_seconds) : 'idle')],
];

export class StatusView {
  constructor(element, watch) {
    this.watch = watch;
    this.line = h('p', {class: 'headline', role: 'status'});
    this.tiles = TILES.map(([name]) => [name, h('dd')]);
    this.plots = [
      new Plot('Tokens per second', [{column: 'tokens_per_second'}], rate, 1),
      new Plot('Time to first token', [{column: 'ttft_seconds', dots: true}], seconds, 0.1),
      new Plot('Generations', [{column: 'running', name: 'running'}, {column: 'queued', name: 'waiting'}], short, 2),
      new Plot('Memory of the workers', [{column: 'memory_bytes'}], size, MEGABYTE),
    ];
    this.minutes = h('select', {id: 'minutes', onchange: () => this.update()},
      MINUTES.map((minutes) => h('option', {value: minutes}, `${minutes} minutes`)));
    this.minutes.value = MINUTES[1];
    this.workers = h('tbody', {role: 'rowgroup'});
    this.events = h('ol', {class: 'events'});
    this.crashes = h('div', {class: 'crashes'});
    this.deaths = null;
    element.append(
      this.line,
      h('dl', {class: 'tiles'}, this.tiles.map(([name, value]) => h('div', {}, h('dt', {}, name), value))),
      h('section', {'aria-labelledby': 'workers-title'}, h('h2', {id: 'workers-title'}, 'Workers'),
        // The roles hold where a narrow page shows rows as blocks.
        h('table', {class: 'workers', role: 'table', 'aria-labelledby': 'workers-title'},
          h('thead', {role: 'rowgroup'}, h('tr', {role: 'row'},
            COLUMNS.map(([name]) => h('th', {scope: 'col', role: 'columnheader'}, name)))), this.workers)),
      h('section', {'aria-label': 'The last minutes'},
        h('h2', {}, h('label', {for: 'minutes'}, 'The last '), this.minutes),
        h('div', {class: 'plots'}, this.plots.map((plot) => plot.element))),
      h('div', {class: 'halves'},
        h('section', {'aria-labelledby': 'events-title'}, h('h2', {id: 'events-title'}, 'What happened'), this.events),
        h('section', {'aria-labelledby': 'crashes-title'}, h('h2', {id: 'crashes-title'}, 'Deaths of workers'), this.crashes)),
    );
  }

  open() {
    this.close = this.watch.follow(() => this.update());
  }

  close() {}

  update() {
    const {latest: status, error, history} = this.watch;
    this.line.classList.toggle('bad', error !== null || status?.status !== 'ready');
    if (error !== null) setText(this.line, `No answer from the server: ${error.message}`);
    else setText(this.line, status.status === 'ready' ? `Ready (version ${status.version})` : `Not ready: ${status.reason}`);
    if (status === null) return;
    this.tiles.forEach(([, value], number) => setText(value, TILES[number][1](status)));
    this.workers.replaceChildren(...status.workers.map(row));
    const died = status.events.filter(({kind}) => kind === 'died').map(({time}) => time);
    for (const plot of this.plots) plot.update(history, died, 60 * this.minutes.value);
    this.showEvents(status.events.slice(0, MOST_EVENTS));
    if (status.deaths !== this.deaths) this.showCrashes(status.deaths);
  }

  showEvents(events) {
    // Built anew only when there is news, so that text can be selected.
    const key = JSON.stringify(events);
    if (key === this.shownEvents) return;
    this.shownEvents = key;
    this.events.replaceChildren(...events.map((event) =>
      h('li', {class: event.kind}, h('time', {}, clock(event.time)), ' ', told(event))));
    if (!events.length) this.events.append(h('li', {}, 'Nothing yet.'));
  }

  async showCrashes(deaths) {
    this.deaths = deaths;
    let crashes;
    try {
      crashes = (await getJson('admin/crashes')).data;
    } catch {
      this.deaths = null;
      return;
    }
    this.crashes.replaceChildren(...crashes.map(shownCrash));
    if (!crashes.length) this.crashes.append(h('p', {}, 'None that is kept.'));
  }
}

function row(worker) {
  return h('tr', {role: 'row'}, COLUMNS.map(([name, value]) => h('td', {role: 'cell', 'data-name': name}, h('span', {}, value(worker)))));
}

function loading(worker) {
  const {loading: progress} = worker;
  if (!progress?.of) return null;
  const share = progress.bytes / progress.of;
  return [' ', h('progress', {max: 1, value: share, 'aria-label': `${worker.name} is loading`}), ` ${Math.floor(100 * share)} %`];
}

function told({kind, worker, generations, exit, reason, crash}) {
  const answers = generations === 1 ? '1 answer' : `${generations} answers`;
  switch (kind) {
    case 'died': return [h('b', {}, `${worker} died`), `: ${exit ?? reason}; it had ${answers} (crash ${crash})`];
    case 'resumed': return [h('b', {}, `${worker} goes on`), ` with ${answers}`];
    case 'left': return `${worker} left`;
    default: return `${worker} is ${kind}`;
  }
}

// The head of a dossier; opened, it asks for the whole.
function shownCrash(crash) {
  const when = new Date(crash.time).toLocaleString();
  const whole = h('pre', {tabindex: 0}, 'Loading…');
  const details = h('details', {}, h('summary', {}, `${when}: ${crash.worker}, ${crash.exit ?? crash.reason}`), whole);
  details.addEventListener('toggle', async () => {
    if (!details.open) return;
    try {
      const {stderr, ...rest} = await getJson(`admin/crashes/${crash.id}`);
      whole.textContent = `${JSON.stringify(rest, null, 1)}\n\n${(stderr ?? []).join('\n')}`;
    } catch (error) {
      whole.textContent = error.message;
    }
  });
  return details;
}

function duration(all) {
  const parts = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  const first = parts.findIndex(([length]) => all >= length);
  if (first < 0) return '0 s';
  let rest = all;
  return parts.slice(first, first + 2).map(([length, name]) => {
    const number = Math.floor(rest / length);
    rest -= number * length;
    return `${number} ${name}`;
  }).join(' ');
}
