// Markdown as models write it (CommonMark's and GitHub's usual forms), as elements.
//
// Rules kept here: HTML stays text, since elements are made by name and filled with text alone; a link leads to http or
// https, or stays text; nothing is loaded, so an image is a link. What is nested deeper than MOST_DEEP, or longer than
// a pattern's bound, stays text: no answer makes this slow.

import {copyButton, h} from './dom.js';

const MOST_DEEP = 8;

const FENCE = /^ {0,3}(`{3,}|~{3,})[ \t]*([^\s`]*)/;
const HEADING = /^ {0,3}(#{1,6})[ \t]+(.*)$/;
const RULE = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])(?:[ \t]+|$)/;
const TABLE_RULE = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;

const shown = new WeakMap();

// Shows text in an element. Called again with more of it, it leaves alone the blocks that are as they were.
export function show(element, text) {
  const fresh = blocks(text.split('\n'));
  const old = shown.get(element) ?? [];
  let same = 0;
  while (same < old.length && same < fresh.length && old[same] === fresh[same].raw) same += 1;
  while (element.childNodes.length > same) element.lastChild.remove();
  for (const block of fresh.slice(same)) element.append(render(block, 0));
  shown.set(element, fresh.map((block) => block.raw));
}

// --- blocks ---

function blocks(lines) {
  const found = [];
  let at = 0;
  while (at < lines.length) {
    if (!lines[at].trim()) {
      at += 1;
      continue;
    }
    const block = begin(lines, at);
    block.raw = block.type + lines.slice(at, block.end).join('\n');
    found.push(block);
    at = block.end;
  }
  return found;
}

function begin(lines, at) {
  const line = lines[at];
  let match;
  if ((match = FENCE.exec(line))) return fence(lines, at, match);
  if ((match = HEADING.exec(line))) {
    return {type: 'heading', level: match[1].length, text: match[2].replace(/[ \t]+#*[ \t]*$/, ''), end: at + 1};
  }
  if (RULE.test(line)) return {type: 'rule', end: at + 1};
  if (QUOTE.test(line)) return quote(lines, at);
  if ((match = ITEM.exec(line))) return list(lines, at, match);
  if (line.includes('|') && lines[at + 1]?.includes('-') && TABLE_RULE.test(lines[at + 1])) return table(lines, at);
  return paragraph(lines, at);
}

function fence(lines, at, [, mark, language]) {
  const closing = new RegExp(`^ {0,3}\\${mark[0]}{${mark.length},}[ \\t]*$`);
  let end = at + 1;
  while (end < lines.length && !closing.test(lines[end])) end += 1;
  return {type: 'code', language, text: lines.slice(at + 1, end).join('\n'), end: Math.min(end + 1, lines.length)};
}

function quote(lines, at) {
  let end = at;
  while (end < lines.length && QUOTE.test(lines[end])) end += 1;
  return {type: 'quote', lines: lines.slice(at, end).map((line) => line.replace(QUOTE, '')), end};
}

function list(lines, at, first) {
  const numbered = /\d/.test(first[2]);
  const items = [];
  let end = at;
  let indent = 0;
  while (end < lines.length) {
    const line = lines[end];
    const item = ITEM.exec(line);
    if (item && leading(line) < Math.max(indent, 1) && /\d/.test(item[2]) === numbered && !RULE.test(line)) {
      indent = item[0].trimEnd().length + 1;
      items.push([line.slice(item[0].length)]);
    } else if (!line.trim()) {
      // A blank line belongs to the list if it goes on behind it.
      const next = lines.slice(end).find((each) => each.trim());
      const goesOn = next !== undefined && (leading(next) >= indent || sameList(next, numbered));
      if (!goesOn) break;
      items.at(-1).push('');
    } else if (leading(line) >= Math.min(indent, 2)) items.at(-1).push(line.slice(Math.min(leading(line), indent)));
    else if (items.at(-1).at(-1) && !interrupts(line)) items.at(-1).push(line);
    else break;
    end += 1;
  }
  return {type: 'list', start: numbered ? Number.parseInt(first[2], 10) : null, items, end};
}

function sameList(line, numbered) {
  const item = ITEM.exec(line);
  return item !== null && /\d/.test(item[2]) === numbered;
}

function leading(line) {
  return line.length - line.trimStart().length;
}

function table(lines, at) {
  let end = at + 2;
  while (end < lines.length && lines[end].trim() && lines[end].includes('|')) end += 1;
  return {
    type: 'table',
    head: cells(lines[at]),
    aligned: cells(lines[at + 1]).map((cell) => `${cell.startsWith(':') ? 'l' : ''}${cell.endsWith(':') ? 'r' : ''}`),
    rows: lines.slice(at + 2, end).map(cells),
    end,
  };
}

function cells(line) {
  return line.trim().replace(/^\|/, '').replace(/\|$/, '').split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
}

function paragraph(lines, at) {
  let end = at + 1;
  while (end < lines.length && lines[end].trim() && !interrupts(lines[end])) end += 1;
  return {type: 'paragraph', text: lines.slice(at, end).map((line) => line.trim()).join('\n'), end};
}

function interrupts(line) {
  return FENCE.test(line) || HEADING.test(line) || RULE.test(line) || QUOTE.test(line) || ITEM.test(line);
}

// --- elements ---

const ALIGN = {l: 'left', r: 'right', lr: 'center'};

function render(block, depth) {
  switch (block.type) {
    case 'code': return code(block);
    // The page has its own first headings.
    case 'heading': return h(`h${Math.min(block.level + 2, 6)}`, {}, inline(block.text));
    case 'rule': return h('hr');
    case 'quote': return h('blockquote', {}, inside(block.lines, depth));
    case 'list': {
      const items = block.items.map((lines) => h('li', {}, inside(lines, depth)));
      return block.start === null ? h('ul', {}, items) : h('ol', {start: block.start}, items);
    }
    case 'table': {
      const row = (tag, texts) => h('tr', {}, texts.map((text, column) => {
        const cell = h(tag, {}, inline(text));
        cell.style.textAlign = ALIGN[block.aligned[column]] ?? '';
        return cell;
      }));
      return h('div', {class: 'wide', tabindex: 0, role: 'region', 'aria-label': 'Table'},
        h('table', {}, h('thead', {}, row('th', block.head)), h('tbody', {}, block.rows.map((texts) => row('td', texts)))));
    }
    default: return h('p', {}, inline(block.text));
  }
}

function inside(lines, depth) {
  if (depth >= MOST_DEEP) return [lines.join('\n')];
  const within = blocks(lines);
  // An item of one line is no paragraph.
  if (within.length && within[0].type === 'paragraph' && !lines.includes('')) {
    return [...inline(within[0].text), ...within.slice(1).map((block) => render(block, depth + 1))];
  }
  return within.map((block) => render(block, depth + 1));
}

function code({language, text}) {
  return h('figure', {class: 'code'},
    h('figcaption', {}, h('span', {}, language || 'text'), copyButton(() => text)),
    h('pre', {tabindex: 0}, h('code', {}, text)));
}

// --- within a line ---

// In the order in which they are tried; each is anchored where it is looked for.
const FORMS = [
  [/\\([!-/:-@[-`{-~])/y, ([, escaped]) => escaped],
  [/(`+)(?!`)([\s\S]{0,2000}?[^`])\1(?!`)/y, ([, , text]) => h('code', {}, text.replace(/^ (.*\S.*) $/s, '$1'))],
  [/!\[([^\]\n]{0,500})\]\(\s*<?([^\s)<>]{1,2000})>?[^)\n]{0,300}\)/y,
    ([whole, alt, url]) => link(url, [`image: ${alt || url}`]) ?? whole],
  [/\[([^\]]{1,1000})\]\(\s*<?((?:[^\s()<>]|\([^\s()<>]{0,500}\)){1,2000})>?[^)\n]{0,300}\)/y,
    ([whole, text, url], depth) => link(url, inline(text, depth + 1)) ?? whole],
  [/<(https?:\/\/[^\s<>]{1,2000})>/y, ([whole, url]) => link(url, [url]) ?? whole],
  [/https?:\/\/[^\s<>"'`]{1,2000}/y, bareLink],
  [/\*\*(?=\S)([\s\S]{0,1000}?[^\s\\])\*\*(?!\*)/y, ([, text], depth) => h('strong', {}, inline(text, depth + 1))],
  [/(?<![\p{L}\p{N}_])__(?=\S)([\s\S]{0,1000}?[^\s\\])__(?![\p{L}\p{N}_])/yu, ([, text], depth) => h('strong', {}, inline(text, depth + 1))],
  [/~~(?=\S)([\s\S]{1,1000}?)~~/y, ([, text], depth) => h('del', {}, inline(text, depth + 1))],
  [/\*(?=[^\s*])([^*]{0,1000}[^\s*\\])\*/y, ([, text], depth) => h('em', {}, inline(text, depth + 1))],
  [/(?<![\p{L}\p{N}_])_(?=[^\s_])([^_]{0,1000}[^\s_\\])_(?![\p{L}\p{N}_])/yu, ([, text], depth) => h('em', {}, inline(text, depth + 1))],
  [/\n/y, () => h('br')],
];
const SPECIAL = /[\\`!\[<h*_~\n]/;

function inline(text, depth = 0) {
  if (depth > MOST_DEEP) return [text];
  const nodes = [];
  let plain = '';
  let at = 0;
  while (at < text.length) {
    const found = SPECIAL.test(text[at]) ? formAt(text, at, depth) : null;
    if (found === null) {
      plain += text[at];
      at += 1;
      continue;
    }
    if (typeof found.made === 'string') plain += found.made;
    else {
      if (plain) nodes.push(plain);
      plain = '';
      nodes.push(found.made);
    }
    at += found.length;
  }
  if (plain) nodes.push(plain);
  return nodes;
}

function formAt(text, at, depth) {
  for (const [pattern, make] of FORMS) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) continue;
    const made = make(match, depth);
    // What a bare address does not take of its match is looked at next.
    return Array.isArray(made) ? {made: made[0], length: made[1]} : {made, length: match[0].length};
  }
  return null;
}

function bareLink([whole]) {
  let url = whole.replace(/[.,;:!?*_~\]]+$/, '');
  if (url.endsWith(')') && !url.includes('(')) url = url.slice(0, -1);
  return [link(url, [url]) ?? url, url.length];
}

function link(address, content) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null;
  return h('a', {href: url.href, title: url.href, target: '_blank', rel: 'noopener noreferrer nofollow'}, content);
}
