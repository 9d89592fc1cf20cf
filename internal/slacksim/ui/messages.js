// The list of messages of a channel or a thread. A message that has not changed keeps its element, so
// that focus, open menus and half-made choices outlive what arrives meanwhile.

import { h, icon, iconButton, menu, ask, toast, imageURL, keepFocus } from './dom.js';
import { S, act, explain, userName, address } from './store.js';
import { mrkdwn, encode, decode } from './mrkdwn.js';
import { renderBlocks, renderAttachments } from './blocks.js';
import { emoji, QUICK } from './emoji.js';

const states = new Map(); // channel/ts -> what was chosen in the message's elements
const editing = new Set(); // channel/ts of messages that are being edited

const COLORS = ['#2f6f8f', '#8a4f7d', '#4f7d4a', '#a0622d', '#5a5fa8', '#9b3f4b', '#3d7f78', '#7a6a2f'];

/** avatar is a square with initials. */
export function avatar(id, name, isApp) {
  const words = String(name || '?').replace(/[^\p{L}\p{N} ]/gu, ' ').trim().split(/\s+/);
  const text = ((words[0]?.[0] || '?') + (words.length > 1 ? words.at(-1)[0] : '')).toUpperCase();
  const el = h('span', { class: 'avatar' + (isApp ? ' isapp' : ''), 'aria-hidden': 'true' }, text);
  const c = S.users.get(id)?.color;
  let n = 0;
  for (const ch of id || name || '') n = (n * 31 + ch.codePointAt(0)) >>> 0;
  el.style.backgroundColor = /^#?[0-9a-f]{6}$/i.test(c || '') ? '#' + c.replace('#', '') : COLORS[n % COLORS.length];
  return el;
}

function author(m) {
  const u = S.users.get(m.user);
  const app = Boolean(m.bot_id || m.bot_profile || u?.is_bot || m.subtype === 'bot_message');
  return { id: m.user || m.bot_id || '', name: m.username || (u ? userName(u.id) : m.bot_profile?.name) || userName(m.user), app };
}

const date = (ts) => new Date(parseFloat(ts) * 1000);
const clock = (ts) => date(ts).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });

function dayName(ts) {
  const d = date(ts);
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(d).setHours(0, 0, 0, 0)) / 864e5);
  return ['Today', 'Yesterday'][days] || d.toLocaleDateString('en-GB', { weekday: 'long', day: 'numeric', month: 'long' });
}

const QUIET = { channel_join: 'joined', channel_leave: 'left', group_join: 'joined', group_leave: 'left', channel_topic: '', channel_purpose: '' };

/** showMessages brings box up to date. o: {channel, thread, openThread(ts)}; thread is set in the thread pane. */
export function showMessages(box, list, o) {
  keepFocus(box, () => update(box, list, o));
}

function update(box, list, o) {
  const old = new Map([...box.children].map((n) => [n.dataset.key, n]));
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 80 || !box.childElementCount;
  const want = [];
  let day = '';
  let prev = null;
  const put = (key, sig, make) => {
    const had = old.get(key);
    if (had && had.sig === sig) return want.push(had);
    let n;
    try {
      n = make();
    } catch (e) { // one odd message does not hide the others
      console.error(e);
      n = h('p', { class: 'empty' }, 'This message cannot be shown.');
    }
    if (had?.bodySig && n.bodySig) n = patch(had, n);
    n.dataset.key = key;
    n.sig = sig;
    want.push(n);
  };
  list.forEach((m, i) => {
    const d = date(m.ts).toDateString();
    if (d !== day && !o.thread) put('day ' + d, dayName(m.ts), () => h('div', { class: 'day', role: 'separator' }, h('span', {}, dayName(m.ts))));
    const a = author(m);
    const p = prev && author(prev);
    const tight = Boolean(prev && d === day && p.id === a.id && p.name === a.name && !prev.ephemeral === !m.ephemeral && m.ts - prev.ts < 300 && !prev.reply_count && !(m.subtype in QUIET) && !(prev.subtype in QUIET) && !(o.thread && i === 1));
    day = d;
    prev = m;
    const sig = JSON.stringify([m, tight, S.me, editing.has(o.channel + m.ts), S.users.size, S.channels.size, a.name, i === 0 && o.thread ? list.length : 0]);
    put('m ' + m.ts, sig, () => message(m, a, tight, o));
    if (o.thread && i === 0) {
      const n = list.length - 1;
      put('replies', String(n), () => h('div', { class: 'day replies', role: 'separator' }, h('span', {}, n === 1 ? '1 reply' : n + ' replies')));
    }
  });
  if (!list.length) put('empty', o.channel, () => h('p', { class: 'empty' }, 'Nothing has been said here yet.'));
  const keep = new Set(want);
  for (const n of [...box.children]) if (!keep.has(n)) n.remove();
  want.forEach((n, i) => { if (box.children[i] !== n) box.insertBefore(n, box.children[i] || null); });
  if (atEnd) box.scrollTop = box.scrollHeight;
}

/** patch brings a message up to date where it stands: its toolbar stays, and its body where that is the same. */
function patch(had, now) {
  for (const at of [...had.attributes]) if (!now.hasAttribute(at.name)) had.removeAttribute(at.name);
  for (const at of [...now.attributes]) if (had.getAttribute(at.name) !== at.value) had.setAttribute(at.name, at.value);
  had.querySelector(':scope > .gutter').replaceWith(now.querySelector(':scope > .gutter'));
  const [old, fresh] = [had, now].map((n) => n.querySelector(':scope > .content'));
  const body = old.querySelector(':scope > .body');
  const other = fresh.querySelector(':scope > .body');
  if (had.bodySig === now.bodySig && body && other) {
    for (const n of [...old.children]) if (n !== body) n.remove();
    let after = false;
    for (const n of [...fresh.children]) {
      if (n === other) after = true;
      else if (after) old.append(n);
      else body.before(n);
    }
  } else old.replaceWith(fresh);
  const [t1, t2] = [had, now].map((n) => n.querySelector(':scope > .tools'));
  if (!t2) t1?.remove();
  else if (!t1) had.append(t2);
  had.bodySig = now.bodySig;
  return had;
}

function message(m, a, tight, o) {
  if (m.subtype in QUIET || m.subtype === 'tombstone') {
    const text = m.subtype === 'tombstone' ? 'This message was deleted.' : [userName(m.user), ' ', mrkdwn((m.text || '').replace(/^<@[^>]+> /, '') || QUIET[m.subtype])];
    return h('div', { class: 'msg quiet', 'data-ts': m.ts, role: 'article' }, h('span', { class: 'gutter' }), h('div', { class: 'content' }, text));
  }
  const gutter = tight ? h('time', { class: 'gutter small', datetime: date(m.ts).toISOString() }, clock(m.ts)) : h('span', { class: 'gutter' }, avatar(a.id, a.name, a.app));
  const head = h('div', { class: 'head' + (tight ? ' sr' : '') }, h('span', { class: 'author' }, a.name), a.app && h('span', { class: 'badge', 'data-app-badge': '' }, 'APP'),
    h('time', { datetime: date(m.ts).toISOString(), title: date(m.ts).toLocaleString() }, clock(m.ts)));
  const node = h('div', {
    class: 'msg' + (tight ? ' tight' : '') + (m.ephemeral ? ' ephemeral' : ''), role: 'article', tabindex: '-1', 'aria-label': a.name + ', ' + clock(m.ts),
    'data-ts': m.ts, 'data-thread-ts': m.thread_ts, 'data-user': m.user, 'data-channel': o.channel, 'data-ephemeral': m.ephemeral ? '' : null,
  }, gutter, h('div', { class: 'content' },
    m.ephemeral && h('p', { class: 'only' }, icon('eye'), 'Only visible to you'), head,
    editing.has(o.channel + m.ts) ? editor(m, o) : body(m, o), files(m), reactions(m, o), !o.thread && replies(m, o)),
  !editing.has(o.channel + m.ts) && tools(m, o));
  node.bodySig = JSON.stringify([S.me, m.text, m.blocks, m.attachments, m.edited, editing.has(o.channel + m.ts), S.users.size, S.channels.size]);
  return node;
}

function body(m, o) {
  const key = o.channel + '/' + m.ts;
  if (!states.has(key)) states.set(key, {});
  const state = states.get(key);
  const ctx = {
    container: { type: 'message', channel: o.channel, ts: m.ts }, state,
    dispatch: async (action) => {
      const r = await act('block_action', { container: ctx.container, action, state: { values: state } });
      if (r.ok === false) toast(explain(r.error), 'bad');
    },
  };
  const edited = m.edited && h('small', { class: 'edited' }, ' (edited)');
  const text = () => h('div', { class: 'mrkdwn', 'data-text': '' }, mrkdwn(m.text || ''), edited);
  return h('div', { class: 'body' }, m.blocks?.length ? [renderBlocks(m.blocks, ctx), edited] : m.text && text(), renderAttachments(m.attachments, ctx));
}

function editor(m, o) {
  const done = () => {
    editing.delete(o.channel + m.ts);
    o.reload();
  };
  const box = h('textarea', {
    rows: 3, 'aria-label': 'Edit message', 'data-edit': m.ts, 'data-focus': 'edit', value: decode(m.text || ''), onkeydown: (e) => {
      if (e.key === 'Escape') { e.stopPropagation(); done(); }
      if (e.key === 'Enter' && !e.shiftKey && !e.isComposing) { e.preventDefault(); save(); }
    },
  });
  const save = async () => {
    if (!box.value.trim()) return toast('A message needs a text.', 'bad');
    const r = await act('edit', { channel: o.channel, ts: m.ts, text: encode(box.value.trim()) });
    if (r.ok === false) return toast(explain(r.error), 'bad');
    done();
  };
  return h('div', { class: 'editor' }, box, h('div', {}, h('button', { type: 'button', class: 'btn', onclick: done }, 'Cancel'),
    h('button', { type: 'button', class: 'btn primary', 'data-save': '', onclick: save }, 'Save')));
}

function size(n) {
  return n >= 1 << 20 ? (n / (1 << 20)).toFixed(1) + ' MB' : n >= 1024 ? Math.round(n / 1024) + ' kB' : n + ' B';
}

function files(m) {
  if (!m.files?.length) return '';
  return h('div', { class: 'files' }, m.files.map((f) => {
    const url = imageURL(f.url_private || f.url_private_download || f.permalink || '');
    const name = f.title || f.name || 'file';
    if (/^image\/(png|jpeg|gif|webp|bmp)$/.test(f.mimetype || '') && url) {
      return h('a', { href: url, target: '_blank', rel: 'noopener', 'data-file': f.id }, h('img', { src: url, alt: name, loading: 'lazy', class: 'large' }));
    }
    const inner = [icon('file'), h('span', {}, name, h('small', {}, [f.pretty_type || f.mimetype, f.size != null && size(f.size)].filter(Boolean).join(', ')))];
    return url ? h('a', { class: 'filebox', href: url, target: '_blank', rel: 'noopener', download: f.name || '', 'data-file': f.id }, inner) : h('span', { class: 'filebox', 'data-file': f.id }, inner);
  }));
}

async function react(m, o, name) {
  const r = await act('react', { channel: o.channel, ts: m.ts, name });
  if (r.ok === false) toast(explain(r.error), 'bad');
}

function reactions(m, o) {
  if (!m.reactions?.length) return '';
  return h('div', { class: 'reactions', role: 'group', 'aria-label': 'Reactions' }, m.reactions.map((r) => {
    const who = (r.users || []).map(userName).join(', ');
    return h('button', {
      type: 'button', class: 'reaction', 'aria-pressed': String((r.users || []).includes(S.me)), 'data-reaction': r.name, 'data-focus': 'r-' + r.name,
      title: who + ' reacted with :' + r.name + ':', 'aria-label': `${r.name.replace(/_/g, ' ')}: ${r.count}, ${who}`, onclick: () => react(m, o, r.name),
    }, h('span', {}, emoji(r.name) || ':' + r.name + ':'), h('span', { class: 'count' }, String(r.count)));
  }));
}

function replies(m, o) {
  if (!m.reply_count) return '';
  const who = [...new Set(m.reply_users || [])].slice(0, 4);
  return h('button', { type: 'button', class: 'replies-link', 'data-replies': m.ts, 'data-focus': 'replies', onclick: () => o.openThread(m.ts) },
    who.map((id) => avatar(id, userName(id), S.users.get(id)?.is_bot)), h('span', {}, m.reply_count === 1 ? '1 reply' : m.reply_count + ' replies'),
    m.latest_reply && h('small', {}, 'last at ' + clock(m.latest_reply)));
}

function tools(m, o) {
  if (m.ephemeral) return '';
  const bar = h('div', { class: 'tools', role: 'toolbar', 'aria-label': 'Message actions' },
    iconButton('smile', 'React', () => picker(bar.firstChild, m, o), { 'data-focus': 'react', 'data-react': '', 'aria-haspopup': 'menu' }),
    !o.thread && iconButton('reply', 'Reply in thread', () => o.openThread(m.thread_ts || m.ts), { 'data-focus': 'reply', 'data-open-thread': m.ts }),
    iconButton('more', 'More', () => more(bar.lastChild, m, o), { 'data-focus': 'more', 'data-message-menu': m.ts, 'aria-haspopup': 'menu', 'aria-expanded': 'false' }));
  return bar;
}

function picker(anchor, m, o) {
  menu(anchor, QUICK.map((n) => ({ label: emoji(n) + '\u2002' + n.replace(/_/g, ' '), data: { 'data-react-with': n }, run: () => react(m, o, n) })), 'React with');
}

function more(anchor, m, o) {
  const items = [{
    label: 'Copy link', data: { 'data-copy-link': '' }, run: () => {
      const url = location.origin + '/' + address({ channel: o.channel, ts: m.thread_ts || m.ts });
      navigator.clipboard?.writeText(url).then(() => toast('Link copied.'), () => toast(url));
    },
  }];
  if (m.user === S.me && !m.bot_id) {
    items.push({ label: 'Edit', data: { 'data-edit-message': '' }, run: () => { editing.add(o.channel + m.ts); o.reload().then(() => document.querySelector(`[data-edit="${m.ts}"]`)?.focus()); } });
    items.push({ label: 'Delete', danger: true, data: { 'data-delete-message': '' }, run: async () => {
      if (!(await ask({ title: 'Delete this message?', text: 'It cannot be brought back.', confirm: 'Delete', danger: true }))) return;
      const r = await act('delete', { channel: o.channel, ts: m.ts });
      if (r.ok === false) toast(explain(r.error), 'bad');
    } });
  }
  for (const app of S.apps) {
    const own = (app.shortcuts || []).filter((s) => s.type === 'message');
    if (own.length) items.push(null);
    for (const s of own) items.push({ label: s.name, note: app.name, data: { 'data-shortcut': s.callback_id }, run: () => shortcut(s, o.channel, m.ts) });
  }
  menu(anchor, items, 'Message actions');
}

/** shortcut runs an app's message or global shortcut. */
export async function shortcut(s, channel, ts) {
  const r = await act('shortcut', { callback_id: s.callback_id, type: s.type, channel, ts });
  if (r.ok === false) toast(explain(r.error), 'bad');
}

