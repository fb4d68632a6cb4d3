// Builds elements. Text is always text: nothing here, or anywhere in this page, parses HTML.

const SVG = 'http://www.w3.org/2000/svg';

// h('a', {href: url, class: 'x', onclick: f}, 'text', element, ...): properties that are false or null are left out.
export function h(tag, properties = {}, ...children) {
  return filled(document.createElement(tag), properties, children);
}

export function svg(tag, properties = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), properties, children);
}

function filled(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'value') element.value = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const byId = (id) => document.getElementById(id);

// Changes text only where it differs: a screen reader would read it out again.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export async function copyText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Without https, on another machine, browsers offer nothing else.
  const area = h('textarea', {class: 'unseen', value: text});
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

export function copyButton(textOf, label = 'Copy') {
  const button = h('button', {type: 'button', class: 'small'}, label);
  button.addEventListener('click', async () => {
    await copyText(textOf());
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = label; }, 1500);
  });
  return button;
}
