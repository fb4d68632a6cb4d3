// The page: chooses the view by the address (#chat, #status), the theme, and asks for an API key where one is needed.

import {getJson, setKey} from './api.js';
import {Chat} from './chat.js';
import {byId, setText} from './dom.js';
import {Settings} from './settings.js';
import {StatusView} from './status.js';
import {Watch} from './watch.js';

const THEME = 'mlx-llm-server theme';
const THEMES = ['auto', 'light', 'dark'];
const READY_MS = 10_000;
const UNREADY_MS = 1500;

const watch = new Watch();
const settings = new Settings(byId('settings-form'));
const status = new StatusView(byId('status'), watch);
const chat = new Chat(settings, watch, (code) => { if (code === 401) askForKey(); });

// --- views ---

function showView() {
  const wanted = location.hash === '#status' ? 'status' : 'chat';
  for (const name of ['chat', 'status']) {
    byId(name).hidden = name !== wanted;
    const link = document.querySelector(`nav a[href="#${name}"]`);
    if (name === wanted) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  status.close();
  if (wanted === 'status') status.open();
}

// --- theme ---

function showTheme(theme) {
  document.documentElement.dataset.theme = theme;
  setText(byId('theme'), `Theme: ${theme}`);
}

function nextTheme() {
  const theme = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length];
  localStorage.setItem(THEME, theme);
  showTheme(theme);
}

// --- key ---

function askForKey(words = '') {
  byId('key').hidden = false;
  setText(byId('key-error'), words);
  byId('key-input').focus();
}

byId('key').addEventListener('submit', (event) => {
  event.preventDefault();
  setKey(byId('key-input').value.trim());
  byId('key').hidden = true;
  byId('key-input').value = '';
  loadModels('This key is not accepted.');
});

// --- the server ---

// The models that the settings were made with, as /ready names them.
let offered = null;

async function loadModels(refusal = '') {
  try {
    settings.offer((await getJson('v1/models')).data);
    watch.tick();
    return true;
  } catch (error) {
    if (error.status === 401) askForKey(refusal);
    return false;
  }
}

// Readiness is told without a key; 503 is an answer too.
async function lookAtHealth() {
  let state = {status: 'not ready', reason: 'no answer', workers: []};
  if (!document.hidden) {
    try {
      state = await (await fetch(new URL('ready', document.baseURI), {cache: 'no-store'})).json();
    } catch {
      // It may be back soon.
    }
    const ready = state.status === 'ready';
    setText(byId('health'), ready ? 'ready' : `not ready: ${state.reason}`);
    byId('health').classList.toggle('bad', !ready);
    const models = state.workers.map(({model}) => model).join('\n');
    if (ready && models !== offered && byId('key').hidden && await loadModels()) offered = models;
  }
  setTimeout(lookAtHealth, state.status === 'ready' ? READY_MS : UNREADY_MS);
}

showTheme(localStorage.getItem(THEME) ?? 'auto');
byId('theme').addEventListener('click', nextTheme);
byId('settings').open = matchMedia('(min-width: 60rem)').matches;
window.addEventListener('hashchange', showView);
showView();
// On a phone it would bring up the keyboard.
if (matchMedia('(pointer: fine)').matches && !byId('chat').hidden) chat.prompt.focus();
lookAtHealth();
