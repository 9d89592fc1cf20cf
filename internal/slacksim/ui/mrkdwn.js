// Slack's mrkdwn to DOM nodes. https://docs.slack.dev/messaging/formatting-message-text

import { h, safeURL } from './dom.js';
import { S, userName, channelName, address } from './store.js';
import { emoji, emojify } from './emoji.js';

const MARKS = { '*': 'strong', _: 'em', '~': 's' };
const WORD = /[\p{L}\p{N}_]/u;

/** unescape turns Slack's three entities back into characters. */
export function unescape(s) {
  return s.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');
}

/** plain is a plain_text object (or a string) as text. */
export function plain(t) {
  if (t == null) return '';
  const s = unescape(typeof t === 'string' ? t : t.text || '');
  return t.emoji === false ? s : emojify(s);
}

/** textObject draws a text composition object. */
export function textObject(t) {
  if (!t) return [];
  return t.type === 'mrkdwn' ? mrkdwn(t.text || '') : [plain(t)];
}

/** link is an anchor that opens outside, or a plain text when the address may not be opened. */
export function link(url, label) {
  const here = archive(url);
  if (here) return h('a', { href: here, class: 'link' }, label || url);
  const href = safeURL(url);
  if (!href) return h('span', {}, label || url);
  return h('a', { href, class: 'link', target: '_blank', rel: 'noopener noreferrer' }, label || url);
}

/** archive is the hash for a permalink (…/archives/C1/p1700000000000100) to a channel we know. */
export function archive(url) {
  const m = /\/archives\/([A-Z0-9]+)(?:\/p(\d{10})(\d{6}))?(?:\?(.*))?$/.exec(url || '');
  if (!m || !S.channels.has(m[1])) return '';
  const thread = new URLSearchParams(m[4] || '').get('thread_ts');
  return address({ channel: m[1], ts: thread || (m[2] ? m[2] + '.' + m[3] : '') });
}

/** mention draws a person. */
export function mention(id, label) {
  const name = S.users.has(id) ? userName(id) : label || id;
  return h('span', { class: 'mention' + (id === S.me ? ' me' : ''), 'data-mention': id }, '@' + name);
}

/** channelRef draws a channel. */
export function channelRef(id, label) {
  const name = channelName(id) || label || id;
  if (!S.channels.has(id)) return h('span', { class: 'mention' }, '#' + name);
  return h('a', { class: 'mention', href: address({ channel: id }) }, '#' + name);
}

const DATE = {
  date_num: { year: 'numeric', month: '2-digit', day: '2-digit' }, date_slash: { year: 'numeric', month: '2-digit', day: '2-digit' },
  date: { year: 'numeric', month: 'long', day: 'numeric' }, date_long: { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' },
  date_long_full: { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' }, date_short: { year: 'numeric', month: 'short', day: 'numeric' },
  day_divider_pretty: { weekday: 'long', month: 'long', day: 'numeric' },
};

function ago(d) {
  const s = Math.round((d - Date.now()) / 1000);
  const f = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  for (const [unit, n] of [['day', 86400], ['hour', 3600], ['minute', 60]]) {
    if (Math.abs(s) >= n) return f.format(Math.trunc(s / n), unit);
  }
  return f.format(s, 'second');
}

/** iso is a time for machines, or null when there is no such time. */
function iso(secs) {
  const d = new Date(Number(secs) * 1000);
  return isNaN(d) ? null : d.toISOString();
}

/** dateText fills a format such as "{date_short} at {time}". */
export function dateText(secs, format) {
  const d = new Date(Number(secs) * 1000);
  if (isNaN(d)) return '';
  const days = Math.round((new Date(d).setHours(0, 0, 0, 0) - new Date().setHours(0, 0, 0, 0)) / 864e5);
  const near = { '-1': 'yesterday', 0: 'today', 1: 'tomorrow' }[days];
  return format.replace(/\{(\w+)\}/g, (all, k) => {
    if (k === 'time') return d.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
    if (k === 'time_secs') return d.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
    if (k === 'ago') return ago(d);
    const pretty = k.endsWith('_pretty');
    if (pretty && near) return near;
    const f = DATE[k] || DATE[k.replace(/_pretty$/, '')];
    return f ? d.toLocaleDateString([], f) : all;
  });
}

/** special draws what stands between < and >. */
function special(body) {
  const bar = body.indexOf('|');
  const ref = bar < 0 ? body : body.slice(0, bar);
  const label = bar < 0 ? '' : emojify(unescape(body.slice(bar + 1)));
  if (ref[0] === '@') return mention(ref.slice(1), label.replace(/^@/, ''));
  if (ref[0] === '#') return channelRef(ref.slice(1), label);
  if (ref.startsWith('!date^')) {
    const [, secs, format, url] = ref.split('^');
    const text = dateText(secs, format || '') || label;
    const el = h('time', { class: 'date', datetime: iso(secs) }, text);
    return url ? h('span', {}, link(unescape(url), text)) : el;
  }
  if (ref.startsWith('!subteam^')) return h('span', { class: 'mention' }, label || '@' + ref.slice(9));
  if (ref[0] === '!') return h('span', { class: 'mention' }, label || '@' + ref.slice(1));
  return link(unescape(ref), label || unescape(ref).replace(/^mailto:/, ''));
}

/** inline draws one line. Each search that fails once is not made again, so that it stays linear. */
function inline(s, depth = 0) {
  const out = [];
  const failed = new Set();
  let text = '';
  const flush = () => {
    if (text) out.push(unescape(text));
    text = '';
  };
  const find = (c, from) => {
    if (failed.has(c)) return -1;
    const at = s.indexOf(c, from);
    if (at < 0) failed.add(c);
    return at;
  };
  for (let i = 0; i < s.length; i++) {
    const c = s[i];
    if (c === '<') {
      const end = find('>', i + 1);
      if (end > i + 1) {
        flush();
        out.push(special(s.slice(i + 1, end)));
        i = end;
        continue;
      }
    } else if (c === '`') {
      const end = find('`', i + 1);
      if (end > i + 1) {
        flush();
        out.push(h('code', {}, unescape(strip(s.slice(i + 1, end)))));
        i = end;
        continue;
      }
    } else if (c === ':') {
      const m = /^:([a-z0-9_+-]{1,40}):/.exec(s.slice(i, i + 42));
      const e = m && emoji(m[1]);
      if (e) {
        flush();
        out.push(h('span', { class: 'emoji', role: 'img', 'aria-label': m[1].replace(/_/g, ' ') }, e));
        i += m[0].length - 1;
        continue;
      }
    } else if (MARKS[c] && depth < 6 && !failed.has(c) && !WORD.test(s[i - 1] || '') && s[i - 1] !== c) {
      const end = closer(s, c, i);
      if (end > 0) {
        flush();
        out.push(h(MARKS[c], {}, inline(s.slice(i + 1, end), depth + 1)));
        i = end;
        continue;
      }
      if (end < 0) failed.add(c);
    } else if (c === 'h' && !WORD.test(s[i - 1] || '')) {
      const m = /^https?:\/\/[^\s<>]+/.exec(s.slice(i, i + 2000));
      if (m) {
        const url = m[0].replace(/[.,;:!?)\]*_~]+$/, '');
        flush();
        out.push(link(unescape(url)));
        i += url.length - 1;
        continue;
      }
    }
    text += c;
  }
  flush();
  return out;
}

/** closer finds where a mark that opens at i ends; 0 when it does not open here, -1 when nothing closes it. */
function closer(s, c, i) {
  if (i + 1 >= s.length || /\s/.test(s[i + 1]) || s[i + 1] === c) return 0;
  for (let j = i + 2; j < s.length; j++) {
    if (s[j] === '<') { // not inside a link
      const end = s.indexOf('>', j);
      if (end > 0) j = end;
      continue;
    }
    if (s[j] === c && !/\s/.test(s[j - 1]) && !WORD.test(s[j + 1] || '')) return j;
  }
  return -1;
}

/** strip gives <url|label> back as label, for code, where links are not drawn. */
function strip(s) {
  return s.replace(/<([^<>|]+)(?:\|([^<>]*))?>/g, (all, ref, label) => label || ref);
}

/** mrkdwn draws a text: fences, quotes and bullets by line, marks within a line. */
export function mrkdwn(text) {
  const out = [];
  String(text).split('```').forEach((part, i, all) => {
    if (i % 2 && i < all.length - 1) out.push(h('pre', {}, unescape(strip(part.replace(/^\n|\n$/g, '')))));
    else lines(i % 2 ? '```' + part : part, out, i > 0, i < all.length - 1);
  });
  return out;
}

function lines(part, out, after, before) {
  if (after) part = part.replace(/^\n/, '');
  if (before) part = part.replace(/\n$/, '');
  if (!part) return;
  let open = null; // the quote or list that lines are added to
  let kind = '';
  let first = true;
  let rest = false; // >>> quotes everything that follows
  for (const line of part.split('\n')) {
    const q = rest ? [line, line] : /^(?:&gt;|>)(?:(?:&gt;|>){2})? ?(.*)$/.exec(line);
    const b = !q && /^(\s*)(?:[•◦▪]|-(?= ))\s+(.*)$/.exec(line);
    const now = q ? 'quote' : b ? 'list' : '';
    if (/^(&gt;|>){3}/.test(line)) rest = true;
    if (now !== kind) open = null;
    if (now === 'quote') {
      if (open) open.append(h('br'));
      else out.push(open = h('blockquote'));
      open.append(...inline(q[1]));
    } else if (now === 'list') {
      if (!open) out.push(open = h('ul'));
      open.append(h('li', { class: b[1] ? 'deeper' : '' }, inline(b[2])));
    } else {
      if (!first && kind === '') out.push(h('br'));
      out.push(...inline(line));
    }
    kind = now;
    first = false;
  }
}

/** encode turns the names that a person typed into <@U1> and <#C1>. Escaping and links are the server's. */
export function encode(text) {
  let s = text;
  const names = new Map();
  for (const u of S.users.values()) for (const n of [u.real_name, u.name]) if (n) names.set(n.toLowerCase(), u.id);
  const sorted = [...names.keys()].sort((a, b) => b.length - a.length);
  s = s.replace(/(^|[\s(])@(?=\S)/g, '$1\u0001');
  s = s.split('\u0001').map((p, i) => {
    if (!i) return p;
    const n = sorted.find((x) => p.toLowerCase().startsWith(x) && !WORD.test(p[x.length] || ''));
    return n ? '<@' + names.get(n) + '>' + p.slice(n.length) : '@' + p;
  }).join('');
  return s.replace(/(^|\s)#([\p{L}\p{N}_-]+)/gu, (all, sp, n) => {
    const c = [...S.channels.values()].find((x) => x.name === n && !x.user);
    return c ? sp + '<#' + c.id + '|' + c.name + '>' : all;
  });
}

/** decode turns Slack's wire form back into what a person would type. */
export function decode(text) {
  return unescape(String(text).replace(/<([^<>|]+)(?:\|([^<>]*))?>/g, (all, ref, label) => {
    if (ref[0] === '@') return '@' + (S.users.has(ref.slice(1)) ? userName(ref.slice(1)) : label || ref.slice(1));
    if (ref[0] === '#') return '#' + (channelName(ref.slice(1)) || label);
    if (ref[0] === '!') return label || '@' + ref.slice(1);
    return ref.startsWith('mailto:') ? label || ref.slice(7) : ref;
  }));
}
