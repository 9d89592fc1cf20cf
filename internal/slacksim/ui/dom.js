// Small helpers that make elements. Text only ever becomes text nodes.

const PROPS = new Set(['value', 'checked', 'disabled', 'selected', 'multiple', 'hidden', 'required', 'htmlFor', 'open']);

/** h makes an element: h('a', {class: 'x', href: '#', onclick: f, 'data-ts': ts}, 'text', otherElement). */
export function h(tag, props, ...kids) {
  const el = document.createElement(tag);
  let late; // a select's value can be set only when its options are there
  for (const [k, v] of Object.entries(props || {})) {
    if (v == null || v === false) continue;
    if (k === 'class') el.className = v;
    else if (k.startsWith('on')) el.addEventListener(k.slice(2), v);
    else if (k === 'value' && tag === 'select') late = v;
    else if (PROPS.has(k)) el[k] = v;
    else el.setAttribute(k, v === true ? '' : String(v));
  }
  el.append(...kids.flat(9).filter((x) => x != null && x !== false && x !== ''));
  if (late !== undefined) el.value = late;
  return el;
}

const ICONS = {
  menu: 'M4 6h16M4 12h16M4 18h16', close: 'M6 6l12 12M18 6L6 18', more: 'M5 12h.01M12 12h.01M19 12h.01',
  reply: 'M4 5h16v11H11l-5 4v-4H4z', smile: 'M12 3a9 9 0 100 18 9 9 0 000-18zM8.5 10h.01M15.5 10h.01M8 14c2 3 6 3 8 0',
  send: 'M4 12l16-8-6 16-3-7z', clip: 'M8 12l6-6a3.5 3.5 0 015 5l-8 8a5 5 0 01-7-7l7-7', bolt: 'M13 3L5 14h6l-1 7 8-11h-6z',
  lock: 'M7 11V8a5 5 0 0110 0v3M5 11h14v9H5z', plus: 'M12 5v14M5 12h14', down: 'M6 9l6 6 6-6', back: 'M15 5l-7 7 7 7',
  eye: 'M2 12s4-7 10-7 10 7 10 7-4 7-10 7-10-7-10-7zM12 9a3 3 0 100 6 3 3 0 000-6z', file: 'M7 3h7l4 4v14H7zM14 3v5h4',
};

/** icon is a decorative line drawing. */
export function icon(name) {
  const ns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(ns, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const p = document.createElementNS(ns, 'path');
  p.setAttribute('d', ICONS[name] || '');
  svg.append(p);
  return svg;
}

/** iconButton is a button that shows only an icon; label is what it is called. */
export function iconButton(name, label, onclick, props) {
  return h('button', { type: 'button', class: 'iconbtn', 'aria-label': label, title: label, onclick, ...props }, icon(name));
}

/** safeURL gives a URL back when it is one that may be opened, else ''. */
export function safeURL(u) {
  try {
    const url = new URL(u, location.href);
    return ['http:', 'https:', 'mailto:', 'tel:'].includes(url.protocol) ? url.href : '';
  } catch {
    return '';
  }
}

/** imageURL is safeURL for images. Those of this machine are asked of the host that the page came from. */
export function imageURL(u) {
  if (/^data:image\/(png|jpeg|gif|webp);base64,/.test(u || '')) return u;
  const s = safeURL(u);
  if (!/^https?:/.test(s)) return '';
  const url = new URL(s);
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname) && url.port === location.port;
  return local ? url.pathname + url.search : s;
}

/** keepFocus redraws by fn and puts the focus back where it was, when that control is still there. */
export function keepFocus(root, fn) {
  const a = document.activeElement;
  const held = a && root.contains(a) ? a.closest('[data-action-id],[data-focus]') : null;
  const key = held && { block: held.dataset.blockId, action: held.dataset.actionId, focus: held.dataset.focus };
  const msg = held && held.closest('[data-ts]')?.dataset.ts;
  const sel = key && 'selectionStart' in a ? [a.selectionStart, a.selectionEnd] : null;
  fn();
  if (!key || root.contains(document.activeElement)) return;
  for (const el of root.querySelectorAll('[data-action-id],[data-focus]')) {
    if (el.dataset.blockId !== key.block || el.dataset.actionId !== key.action || el.dataset.focus !== key.focus) continue;
    if (el.closest('[data-ts]')?.dataset.ts !== msg) continue;
    const t = el.matches('button,a,input,select,textarea,summary') ? el : el.querySelector('button,a,input,select,textarea,summary');
    t?.focus({ preventScroll: true });
    try {
      if (sel && sel[0] != null && t) t.setSelectionRange(sel[0], sel[1]);
    } catch { /* not every input has a selection */ }
    return;
  }
}

/** toast shows a short text for some seconds, above everything. */
export function toast(text, kind = 'info') {
  const box = document.getElementById('toasts');
  const t = h('div', { class: 'toast ' + kind, 'data-toast': kind }, h('span', {}, text),
    iconButton('close', 'Dismiss', () => drop()));
  const drop = () => {
    t.remove();
    if (!box.childElementCount && box.matches(':popover-open')) box.hidePopover();
  };
  while (box.childElementCount > 3) box.firstElementChild.remove();
  box.append(t);
  if (box.matches(':popover-open')) box.hidePopover(); // on top of what was opened since
  box.showPopover();
  setTimeout(drop, 9000);
}

/** menu opens a list of actions at a button. items: {label, run, danger?, data?} or null for a line. */
export function menu(anchor, items, label = 'Menu') {
  document.querySelector('.menu')?.close?.();
  const host = anchor.closest('dialog') || document.body;
  const list = h('div', { class: 'menu', role: 'menu', 'aria-label': label });
  const done = (refocus) => {
    list.remove();
    anchor.setAttribute('aria-expanded', 'false');
    document.removeEventListener('pointerdown', outside, true);
    window.removeEventListener('resize', gone);
    if (refocus) anchor.focus();
  };
  const gone = () => done(false);
  const outside = (e) => { if (!list.contains(e.target)) done(false); };
  list.close = gone;
  for (const it of items) {
    list.append(it ? h('button', {
      type: 'button', role: 'menuitem', tabindex: '-1', class: it.danger ? 'danger' : '', ...it.data,
      onclick: () => { done(true); it.run(); },
    }, it.label, it.note && h('small', {}, it.note)) : h('hr'));
  }
  list.addEventListener('keydown', (e) => {
    const all = [...list.querySelectorAll('[role=menuitem]')];
    const i = all.indexOf(document.activeElement);
    const to = { ArrowDown: i + 1, ArrowUp: i - 1, Home: 0, End: all.length - 1 }[e.key];
    if (to !== undefined) {
      e.preventDefault();
      all[(to + all.length) % all.length].focus();
    } else if (e.key === 'Escape' || e.key === 'Tab') {
      e.preventDefault();
      e.stopPropagation();
      done(true);
    }
  });
  host.append(list);
  const a = anchor.getBoundingClientRect();
  const m = list.getBoundingClientRect();
  const left = Math.max(8, Math.min(a.left, innerWidth - m.width - 8));
  const top = a.bottom + m.height + 8 > innerHeight ? Math.max(8, a.top - m.height - 4) : a.bottom + 4;
  list.style.left = left + 'px';
  list.style.top = top + 'px';
  anchor.setAttribute('aria-expanded', 'true');
  list.querySelector('[role=menuitem]')?.focus();
  document.addEventListener('pointerdown', outside, true);
  window.addEventListener('resize', gone);
}

/** ask shows a confirm dialog; it resolves to true when the person agrees. */
export function ask({ title, text, confirm = 'Confirm', deny = 'Cancel', danger = false }) {
  return new Promise((resolve) => {
    const d = h('dialog', { class: 'modal confirm', role: 'alertdialog', 'data-confirm': '', 'aria-labelledby': 'ask-title' },
      h('header', {}, h('h2', { id: 'ask-title' }, title)),
      h('div', { class: 'body' }, text),
      h('footer', {},
        h('button', { type: 'button', class: 'btn', 'data-deny': '', onclick: () => d.close('no') }, deny),
        h('button', { type: 'button', class: 'btn ' + (danger ? 'danger' : 'primary'), 'data-agree': '', autofocus: true, onclick: () => d.close('yes') }, confirm)));
    d.addEventListener('close', () => {
      d.remove();
      resolve(d.returnValue === 'yes');
    });
    document.body.append(d);
    d.showModal();
  });
}

/** base64 is what a file holds. */
export function base64(file) {
  return new Promise((resolve, reject) => {
    const r = new FileReader();
    r.onload = () => resolve(String(r.result).split(',')[1] || '');
    r.onerror = () => reject(r.error);
    r.readAsDataURL(file);
  });
}
