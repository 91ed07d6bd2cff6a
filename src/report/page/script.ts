/**
 * What of a page moves: the filter, and the checks of a large group, which are put into the page as they are wanted. Their markup is
 * in the page as JSON, made and escaped by check.ts. Without scripts the page shows all but these.
 */
export const SCRIPT = `
'use strict';
const kept = JSON.parse(document.getElementById('kept').textContent);
const search = document.getElementById('search');
const only = document.getElementById('only');
const told = document.getElementById('told');
const plain = (markup) => markup.replace(/<[^>]*>/g, ' ').toLowerCase();
const groups = [...document.querySelectorAll('.group')].map((group) => {
  const list = group.querySelector('.list');
  const markup = kept[group.dataset.group];
  const items = markup
    ? markup.map((one) => ({ markup: one, bad: !one.startsWith('<details class="check pass'), text: '' }))
    : [...list.children].map((element) => ({ element, bad: !element.classList.contains('pass'), text: '' }));
  return { group, list, more: group.querySelector('.more'), isLazy: Boolean(markup), items, found: items, shown: 0 };
});
const STEP = 100;
const textOf = (item) => (item.text ||= item.element ? item.element.textContent.toLowerCase() : plain(item.markup));
function fill(one) {
  if (!one.isLazy || !one.group.open) return;
  const next = one.found.slice(one.shown, one.shown + STEP);
  one.list.insertAdjacentHTML('beforeend', next.map(({ markup }) => markup).join(''));
  one.shown += next.length;
  const left = one.found.length - one.shown;
  one.more.hidden = left === 0;
  one.more.textContent = 'Show ' + Math.min(left, STEP) + ' more of ' + left;
}
function filter() {
  const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let found = 0;
  for (const one of groups) {
    const fits = (item) =>
      (only.value === 'all' || item.bad === (only.value === 'failed')) && words.every((word) => textOf(item).includes(word));
    one.found = one.items.filter(fits);
    found += one.found.length;
    one.group.hidden = one.found.length === 0;
    if (one.isLazy) {
      one.list.textContent = '';
      one.shown = 0;
      fill(one);
    } else for (const item of one.items) item.element.hidden = !one.found.includes(item);
  }
  told.textContent = found + (found === 1 ? ' check' : ' checks');
}
for (const one of groups) {
  one.group.addEventListener('toggle', () => one.shown === 0 && fill(one));
  one.more?.addEventListener('click', () => fill(one));
}
let waiting = 0;
search.addEventListener('input', () => {
  clearTimeout(waiting);
  waiting = setTimeout(filter, 120);
});
only.addEventListener('change', filter);
function openTarget() {
  const id = decodeURIComponent(location.hash.slice(1));
  if (!id.startsWith('check-')) return;
  let target = document.getElementById(id);
  for (const one of groups) {
    if (target || !one.isLazy) continue;
    const item = one.items.find(({ markup }) => markup.includes('id="' + id + '"'));
    if (!item) continue;
    one.group.open = true;
    one.found = [item, ...one.found.filter((other) => other !== item)];
    one.list.textContent = '';
    one.shown = 0;
    fill(one);
    target = document.getElementById(id);
  }
  if (!target) return;
  target.open = true;
  target.closest('.group').open = true;
  target.scrollIntoView();
}
addEventListener('hashchange', openTarget);
document.querySelector('.tools').hidden = false;
filter();
openTarget();
`;
