// The box in which messages are written: Enter sends, Shift+Enter makes a line, / lists commands and
// @ lists people.

import { h, icon, iconButton, menu, toast, base64 } from './dom.js';
import { S, act, explain, userName } from './store.js';
import { encode } from './mrkdwn.js';
import { emojify } from './emoji.js';
import { shortcut } from './messages.js';

const MAX_FILE = 8 << 20; // bytes, of all files of a message
const drafts = new Map(); // channel/thread -> {text, files}

/** composer makes the box for a channel, or for a thread of it. */
export function composer({ channel, thread, label }) {
  const key = channel + '/' + (thread || '');
  const draft = drafts.get(key) || { text: '', files: [] };
  drafts.set(key, draft);
  const listId = 'complete-' + (thread ? 'thread' : 'channel');
  const list = h('div', { class: 'complete', role: 'listbox', id: listId, hidden: true, 'aria-label': 'Suggestions' });
  const chips = h('div', { class: 'chips' });
  const picked = h('input', { type: 'file', multiple: true, hidden: true, 'aria-label': 'Files', onchange: () => take(picked.files), 'data-files': '' });
  let options = [];
  let at = 0;
  let busy = false;

  const box = h('textarea', {
    id: thread ? null : 'composer', rows: 1, value: draft.text, placeholder: label, 'aria-label': label, 'data-composer': thread ? 'thread' : 'channel',
    'data-focus': 'composer', 'aria-autocomplete': 'list', 'aria-controls': listId, 'aria-expanded': 'false', role: 'combobox', autocomplete: 'off',
    oninput: () => { draft.text = box.value; grow(); complete(); },
    onkeydown: keys,
    onblur: () => setTimeout(hide, 150),
    onpaste: (e) => { if (e.clipboardData?.files.length) { e.preventDefault(); take(e.clipboardData.files); } },
  });

  function grow() {
    box.style.height = 'auto';
    box.style.height = Math.min(box.scrollHeight + 2, innerHeight * 0.4) + 'px';
  }
  function hide() {
    options = [];
    list.hidden = true;
    box.setAttribute('aria-expanded', 'false');
    box.removeAttribute('aria-activedescendant');
  }
  function complete() {
    const before = box.value.slice(0, box.selectionStart);
    const cmd = /^\/(\S*)$/.exec(before);
    const who = /(?:^|\s)@(\S*)$/.exec(before);
    options = cmd ? commands(cmd[1]) : who ? people(who[1]) : [];
    at = 0;
    if (!options.length) return hide();
    list.replaceChildren(...options.map((o, i) => h('div', { role: 'option', id: listId + '-' + i, ...o.data, onpointerdown: (e) => { e.preventDefault(); choose(i); } },
      h('strong', {}, o.label), o.hint && h('span', {}, ' ' + o.hint), o.note && h('small', {}, o.note))));
    list.hidden = false;
    box.setAttribute('aria-expanded', 'true');
    mark();
  }
  function mark() {
    [...list.children].forEach((n, i) => n.setAttribute('aria-selected', String(i === at)));
    box.setAttribute('aria-activedescendant', listId + '-' + at);
    list.children[at]?.scrollIntoView({ block: 'nearest' });
  }
  function choose(i) {
    const o = options[i];
    const end = box.selectionStart;
    const from = box.value.slice(0, end).search(/(\/\S*|@\S*)$/);
    box.setRangeText(o.insert, from, end, 'end');
    draft.text = box.value;
    hide();
    box.focus();
  }
  function keys(e) {
    if (e.isComposing) return;
    if (options.length) {
      if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
        e.preventDefault();
        at = (at + (e.key === 'ArrowDown' ? 1 : -1) + options.length) % options.length;
        return mark();
      }
      if (e.key === 'Escape') { e.preventDefault(); e.stopPropagation(); return hide(); }
      const whole = options[at].insert.trim() === box.value.trim(); // a command that is typed out is sent
      if (e.key === 'Tab' || (e.key === 'Enter' && !e.shiftKey && !whole)) { e.preventDefault(); return choose(at); }
    }
    if (e.key === 'Enter' && !e.shiftKey) { e.preventDefault(); send(); }
  }
  function show() {
    chips.replaceChildren(...draft.files.map((f) => h('span', { class: 'chip' }, icon('file'), f.name, iconButton('close', 'Remove ' + f.name, () => {
      draft.files = draft.files.filter((x) => x !== f);
      show();
    }))));
  }
  async function take(files) {
    for (const f of files) {
      if (draft.files.reduce((n, x) => n + x.size, f.size) > MAX_FILE) {
        toast('Files of a message may have 8 MB together.', 'bad');
        break;
      }
      draft.files.push({ name: f.name, type: f.type || 'application/octet-stream', size: f.size, base64: await base64(f) });
    }
    picked.value = '';
    show();
    box.focus();
  }
  async function send() {
    const text = box.value.trim();
    if (busy || (!text && !draft.files.length)) return;
    busy = true;
    bar.setAttribute('aria-busy', 'true');
    const body = { channel, text: text.startsWith('/') ? text : encode(text) };
    if (thread) body.thread_ts = thread;
    if (draft.files.length) body.files = draft.files.map(({ name, type, base64 }) => ({ name, type, base64 }));
    box.value = draft.text = '';
    const files = draft.files;
    draft.files = [];
    show();
    grow();
    hide();
    const r = await act('post', body);
    busy = false;
    bar.removeAttribute('aria-busy');
    if (r.ok === false) {
      toast(explain(r.error), 'bad');
      if (!box.value) box.value = draft.text = text;
      draft.files = files;
      show();
      grow();
    }
  }

  const global = S.apps.flatMap((a) => (a.shortcuts || []).filter((s) => s.type === 'global').map((s) => ({ ...s, app: a.name })));
  const bolt = global.length > 0 && iconButton('bolt', 'Shortcuts', () => menu(bolt, global.map((s) => ({ label: s.name, note: s.app, data: { 'data-shortcut': s.callback_id }, run: () => shortcut(s, channel) })), 'Shortcuts'), { 'data-shortcuts': '', 'aria-haspopup': 'menu' });
  const bar = h('div', { class: 'composer' }, list, chips, box, picked, h('div', { class: 'bar' },
    iconButton('clip', 'Attach files', () => picked.click(), { 'data-attach': '' }), bolt,
    h('small', { class: 'hint' }, 'Enter sends, Shift+Enter starts a line'),
    iconButton('send', 'Send', send, { class: 'iconbtn send', 'data-send': thread ? 'thread' : 'channel' })));
  show();
  requestAnimationFrame(grow);
  return bar;
}

function commands(typed) {
  return S.apps.flatMap((a) => (a.commands || []).map((c) => ({ ...c, app: a.name }))).filter((c) => c.command.startsWith('/' + typed))
    .map((c) => ({ label: c.command, hint: c.usage_hint, note: [emojify(c.description || ''), c.app].filter(Boolean).join(' · '), insert: c.command + ' ', data: { 'data-command': c.command } }));
}

function people(typed) {
  const t = typed.toLowerCase();
  return [...S.users.values()].filter((u) => userName(u.id).toLowerCase().includes(t) || (u.name || '').startsWith(t)).slice(0, 8)
    .map((u) => ({ label: userName(u.id), note: u.title, insert: '@' + userName(u.id) + ' ', data: { 'data-suggest-user': u.id } }));
}
