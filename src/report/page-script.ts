/**
 * The script of a report, as plain browser JavaScript. It sorts and copies tables, and zooms all pictures of a place
 * together.
 */
export const pageScript = `
'use strict';
const notice = document.querySelector('.status');
let cleared;
function say(text) {
  notice.textContent = text;
  clearTimeout(cleared);
  cleared = setTimeout(() => { notice.textContent = ''; }, 2500);
}

for (const table of document.querySelectorAll('table')) {
  const heads = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  heads.forEach((head, column) => {
    head.querySelector('button').addEventListener('click', () => {
      const figures = head.classList.contains('figures');
      const before = head.getAttribute('aria-sort');
      // The first click shows the largest figure first, or the first word of the alphabet.
      const down = before === 'none' ? figures : before === 'ascending';
      const key = (row) => {
        const cell = row.cells[column];
        return figures ? Number(cell.dataset.value ?? NaN) : cell.textContent;
      };
      const order = (a, b) => figures ? a - b : a.localeCompare(b, undefined, { numeric: true });
      const rows = [...body.rows].map((row) => ({ row, key: key(row) }));
      const known = rows.filter(({ key }) => !Number.isNaN(key));
      const unknown = rows.filter(({ key }) => Number.isNaN(key));
      known.sort((a, b) => down ? order(b.key, a.key) : order(a.key, b.key));
      body.append(...[...known, ...unknown].map(({ row }) => row));
      for (const other of heads) other.setAttribute('aria-sort', 'none');
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    });
  });
  const copy = table.closest('section').querySelector('.copy');
  copy?.addEventListener('click', async () => {
    const text = (cell) => {
      const mark = cell.querySelector('.mark')?.textContent;
      const own = cell.textContent.trim();
      return mark ? own.slice(0, -mark.length).trim() : own;
    };
    const quoted = (cell) => {
      const value = cell.tagName === 'TD' && cell.dataset.value !== undefined ? cell.dataset.value : text(cell);
      // A spreadsheet would run it as a formula.
      const safe = /^[=+\\-@\\t\\r]/.test(value) && !Number.isFinite(Number(value)) ? "'" + value : value;
      return /[",\\n]/.test(safe) ? '"' + safe.replaceAll('"', '""') + '"' : safe;
    };
    const csv = [...table.rows].map((row) => [...row.cells].map(quoted).join(',')).join('\\n') + '\\n';
    try {
      await navigator.clipboard.writeText(csv);
      say('Copied');
    } catch {
      const area = document.createElement('textarea');
      area.value = csv;
      document.body.append(area);
      area.select();
      const done = document.execCommand('copy');
      area.remove();
      say(done ? 'Copied' : 'The browser does not allow copying');
    }
  });
}

for (const group of document.querySelectorAll('.group')) {
  const at = { z: 1, x: 0, y: 0 };
  const within = (value) => Math.min(Math.max(value, 0), 1 - 1 / at.z);
  function show() {
    at.x = within(at.x);
    at.y = within(at.y);
    for (const name of ['x', 'y', 'z']) group.style.setProperty('--' + name, at[name]);
    group.classList.toggle('zoomed', at.z > 1);
  }
  // (u, v) is the point that stays where it is, as shares of a picture's sides.
  function zoom(factor, u = 0.5, v = 0.5) {
    const z = Math.min(Math.max(at.z * factor, 1), 16);
    at.x += u / at.z - u / z;
    at.y += v / at.z - v / z;
    at.z = z;
    show();
  }
  function reset() {
    Object.assign(at, { z: 1, x: 0, y: 0 });
    show();
  }
  for (const view of group.querySelectorAll('.view')) {
    let from;
    view.addEventListener('wheel', (event) => {
      if (!event.ctrlKey && at.z === 1 && event.deltaY > 0) return;
      event.preventDefault();
      const box = view.getBoundingClientRect();
      zoom(event.deltaY < 0 ? 1.25 : 0.8, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
    }, { passive: false });
    view.addEventListener('pointerdown', (event) => {
      from = { x: event.clientX, y: event.clientY, at: { ...at }, moved: false };
      view.setPointerCapture(event.pointerId);
    });
    view.addEventListener('pointermove', (event) => {
      if (!from) return;
      const box = view.getBoundingClientRect();
      from.moved ||= Math.hypot(event.clientX - from.x, event.clientY - from.y) > 4;
      if (!from.moved) return;
      at.x = from.at.x - (event.clientX - from.x) / box.width / at.z;
      at.y = from.at.y - (event.clientY - from.y) / box.height / at.z;
      show();
    });
    view.addEventListener('pointerup', (event) => {
      const box = view.getBoundingClientRect();
      if (from && !from.moved && at.z === 1) zoom(3, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
      else if (from && !from.moved) reset();
      from = undefined;
    });
  }
  group.addEventListener('click', (event) => {
    const how = event.target.dataset.zoom;
    if (how === 'in') zoom(1.5);
    if (how === 'out') zoom(1 / 1.5);
    if (how === 'reset') reset();
  });
  group.addEventListener('keydown', (event) => {
    const step = 0.1 / at.z;
    const keys = {
      '+': () => zoom(1.5), '=': () => zoom(1.5), '-': () => zoom(1 / 1.5), '0': reset,
      ArrowLeft: () => { at.x -= step; }, ArrowRight: () => { at.x += step; },
      ArrowUp: () => { at.y -= step; }, ArrowDown: () => { at.y += step; },
    };
    const act = keys[event.key];
    if (!act || event.target.tagName === 'BUTTON' || (event.key.startsWith('Arrow') && at.z === 1)) return;
    event.preventDefault();
    act();
    show();
  });
}
`;
