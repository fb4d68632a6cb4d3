// A line over the last minutes, as SVG: an axis, the latest value, deaths as marks, and what the pointer is at.

import {h, setText, svg} from './dom.js';

const WIDTH = 600;
const HEIGHT = 150;
const LEFT = 60;
const BOTTOM = 18;
const TOP = 8;
// Samples that are further apart have a gap between them: the server was stopped, or busy.
const GAP_SECONDS = 5;

export class Plot {
  // `columns` are names in the history, each drawn as a line; `format` turns a value into words.
  constructor(title, columns, format, least) {
    this.columns = columns;
    this.format = format;
    this.least = least;
    this.now = h('strong');
    this.drawing = svg('svg', {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': title});
    this.drawing.addEventListener('pointermove', (event) => this.point(event));
    this.drawing.addEventListener('pointerleave', () => { this.pointed = null; this.draw(); });
    const names = columns.length > 1 && columns.map(({name}, number) => h('span', {class: `key line-${number}`}, name));
    this.element = h('figure', {class: 'plot'},
      h('figcaption', {}, h('span', {}, title, ' ', names), this.now), this.drawing);
    this.title = title;
    this.pointed = null;
  }

  update(history, deaths, seconds) {
    this.history = history;
    this.deaths = deaths;
    this.seconds = seconds;
    this.draw();
  }

  draw() {
    const {time} = this.history;
    const end = time.at(-1) ?? 0;
    const start = end - this.seconds;
    const values = this.columns.flatMap(({column}) => this.history[column].filter((value, index) => value !== null && time[index] >= start));
    const top = niceTop(Math.max(this.least, ...values));
    this.x = (at) => LEFT + (WIDTH - LEFT) * (at - start) / this.seconds;
    const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top);
    const index = this.pointed === null ? time.length - 1 : nearest(time, this.pointed);
    const words = this.columns.map(({column}) => this.told(column, index)).join(' · ');
    setText(this.now, this.pointed === null ? words : `${words}, ${ago(end - time[index])}`);
    this.drawing.setAttribute('aria-label', `${this.title}: now ${words}, at most ${this.format(Math.max(0, ...values))}`);
    this.drawing.replaceChildren(
      ...[0, top / 2, top].flatMap((value) => [
        svg('line', {class: 'grid', x1: LEFT, x2: WIDTH, y1: y(value), y2: y(value)}),
        svg('text', {x: LEFT - 6, y: y(value) + 4, 'text-anchor': 'end'}, this.format(value)),
      ]),
      ...[1, 0.5, 0].map((share) => svg('text', {
        x: LEFT + (WIDTH - LEFT) * (1 - share), y: HEIGHT - 3,
        'text-anchor': share === 1 ? 'start' : share ? 'middle' : 'end',
      }, share ? `${+(this.seconds * share / 60).toFixed(1)} min ago` : 'now')),
      ...this.deaths.filter((at) => at >= start && at <= end).map((at) =>
        svg('line', {class: 'death', x1: this.x(at), x2: this.x(at), y1: TOP, y2: HEIGHT - BOTTOM})),
      ...this.columns.map(({column, dots}, number) => svg('path', {
        class: `line line-${number}`, d: path(time, this.history[column], start, this.x, y, dots),
      })),
      ...(this.pointed === null || !time.length ? [] : [
        svg('line', {class: 'pointer', x1: this.x(time[index]), x2: this.x(time[index]), y1: TOP, y2: HEIGHT - BOTTOM}),
      ]),
    );
  }

  // The value of a sample; where it has none, that of the latest before it which has.
  told(column, index) {
    for (let at = index; at >= 0; at -= 1) {
      if (this.history[column][at] !== null && this.history[column][at] !== undefined) return this.format(this.history[column][at]);
    }
    return '–';
  }

  point(event) {
    const {left, width} = this.drawing.getBoundingClientRect();
    const x = (event.clientX - left) * WIDTH / width;
    const end = this.history?.time.at(-1);
    if (end === undefined) return;
    this.pointed = end - this.seconds * (1 - (x - LEFT) / (WIDTH - LEFT));
    this.draw();
  }
}

// Values that come now and then are dots, a short line each; the others are joined.
function path(time, values, start, x, y, dots) {
  let drawn = '';
  let last = -Infinity;
  time.forEach((at, index) => {
    const value = values[index];
    if (value === null || at < start) return;
    if (dots) drawn += `M${x(at).toFixed(1)} ${y(value).toFixed(1)}h.01`;
    else drawn += `${at - last > GAP_SECONDS ? 'M' : 'L'}${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
    last = at;
  });
  return drawn;
}

function nearest(time, wanted) {
  let best = 0;
  time.forEach((at, index) => {
    if (Math.abs(at - wanted) < Math.abs(time[best] - wanted)) best = index;
  });
  return best;
}

// The next of 1, 2, 5, 10, ... times a power of ten; halves of it are round enough.
function niceTop(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((top) => top >= value * 0.999);
}

function ago(seconds) {
  return seconds < 60 ? `${Math.round(seconds)} s ago` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s ago`;
}
