// What requests ask for beside their messages: a form whose content is kept in this browser.

import {h, setText} from './dom.js';

const KEPT = 'mlx-llm-server settings';

// What is left empty is not sent: the server's defaults hold.
const NUMBERS = [
  ['temperature', 'Temperature', {min: 0, max: 2, step: 'any', placeholder: '1'}],
  ['top_p', 'Top p', {min: 0, max: 1, step: 'any', placeholder: '1'}],
  ['top_k', 'Top k', {min: 0, step: 1, placeholder: 'all'}],
  ['min_p', 'Min p', {min: 0, max: 1, step: 'any', placeholder: '0'}],
  ['repetition_penalty', 'Repetition penalty', {min: 0, max: 10, step: 'any', placeholder: '1'}],
  ['presence_penalty', 'Presence penalty', {min: -2, max: 2, step: 'any', placeholder: '0'}],
  ['frequency_penalty', 'Frequency penalty', {min: -2, max: 2, step: 'any', placeholder: '0'}],
  ['max_tokens', 'Most tokens', {min: 1, step: 1, placeholder: '100'}],
  ['seed', 'Seed', {step: 1, placeholder: 'drawn'}],
];
const DEFAULTS = {max_tokens: '2048'};

export class Settings {
  constructor(form) {
    this.form = form;
    this.models = [];
    this.build({...DEFAULTS, ...kept()});
    form.addEventListener('submit', (event) => event.preventDefault());
    form.addEventListener('input', () => this.keep());
  }

  build(values) {
    const field = (name, label, control) => h('p', {class: `field ${control.localName}`},
      h('label', {for: `set-${name}`}, label), control);
    const text = (name, rows, placeholder) => h('textarea', {
      id: `set-${name}`, name, rows, placeholder, spellcheck: 'false', value: values[name] ?? '',
    });
    this.model = h('select', {id: 'set-model', name: 'model'});
    this.thinking = h('select', {id: 'set-thinking', name: 'thinking'},
      h('option', {value: ''}, 'as the model does'), h('option', {value: 'yes'}, 'think'),
      h('option', {value: 'no'}, 'don’t think'));
    this.thinking.value = values.thinking ?? '';
    this.wanted = values.model;
    this.context = h('small', {class: 'hint'});
    this.form.append(
      field('model', 'Model', this.model),
      this.context,
      field('system', 'System prompt', text('system', 3, 'none')),
      h('div', {class: 'numbers'}, NUMBERS.map(([name, label, attributes]) => field(name, label,
        h('input', {id: `set-${name}`, name, type: 'number', value: values[name] ?? '', ...attributes})))),
      field('thinking', 'Thoughts', this.thinking),
      field('stop', 'Stop at (one a line)', text('stop', 1, 'nothing')),
      field('tools', 'Tools (a JSON list)', text('tools', 2, '[{"type": "function", "function": {…}}]')),
      field('other', 'Other fields (a JSON object)', text('other', 2, '{"structured_outputs": {"choice": ["yes", "no"]}}')),
    );
  }

  keep() {
    this.wanted = this.model.value;
    this.showAbilities();
    try {
      localStorage.setItem(KEPT, JSON.stringify(Object.fromEntries(new FormData(this.form))));
    } catch {
      // Then they hold until the page is left.
    }
  }

  // Takes the models that are served, as /v1/models lists them.
  offer(models) {
    this.models = models;
    this.model.replaceChildren(...models.map(({id}) => h('option', {value: id}, id)));
    if (models.some(({id}) => id === this.wanted)) this.model.value = this.wanted;
    this.showAbilities();
  }

  showAbilities() {
    const model = this.models.find(({id}) => id === this.model.value);
    const abilities = model?.abilities;
    setText(this.context, model ? `${model.context_length.toLocaleString('en')} tokens of context` : '');
    this.thinking.disabled = abilities !== undefined && !abilities.thinking_choice;
    this.form.elements.tools.disabled = abilities !== undefined && !abilities.tools;
  }

  get system() {
    return this.form.elements.system.value.trim();
  }

  // The fields of a request. Throws an Error, in words for a person, if something is no JSON.
  fields() {
    const {elements} = this.form;
    const fields = {};
    if (this.model.value) fields.model = this.model.value;
    for (const [name] of NUMBERS) {
      if (elements[name].value !== '') fields[name] = Number(elements[name].value);
    }
    const stops = elements.stop.value.split('\n').filter(Boolean);
    if (stops.length) fields.stop = stops;
    if (!this.thinking.disabled && this.thinking.value) {
      fields.chat_template_kwargs = {enable_thinking: this.thinking.value === 'yes'};
    }
    if (!elements.tools.disabled && elements.tools.value.trim()) {
      fields.tools = parsed(elements.tools.value, 'Tools', Array.isArray, 'a list');
    }
    if (elements.other.value.trim()) {
      const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
      Object.assign(fields, parsed(elements.other.value, 'Other fields', isObject, 'an object'));
    }
    return fields;
  }
}

function parsed(text, name, isRight, what) {
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${name}: that is no JSON (${error.message}).`);
  }
  if (!isRight(value)) throw new Error(`${name}: this must be ${what}.`);
  return value;
}

function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? {};
  } catch {
    return {};
  }
}
