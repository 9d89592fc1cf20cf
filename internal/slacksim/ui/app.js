// The page of the simulated workspace: routing, loading, live updates.
//
// Addresses: #/as/U1/C1          a channel or direct message as the person U1
//            #/as/U1/C1/TS       the same with the thread of message TS open
//            #/as/U1/app/A1      the Home tab of an app; …/A1/messages is its Messages tab
//
// Attributes that browser tests may rely on:
//   body[data-ready="U1"]                the workspace is loaded for this person and the events flow
//   [data-person="U1"]                   the select that switches the person (its value is the user id)
//   [data-channel="C1"]                  a link in the sidebar (and the channel of a message); [data-channel-name="support-l1"]; [data-unread="3"]
//   [data-app="A1"]                      the link to an app; [data-tab="home|messages"] its tabs; [data-home] the Home view, its data-view-id
//   [data-pane="channel|thread"]         a list of messages; data-pane-channel, data-pane-thread say of what; aria-busy while it loads
//   [data-ts="…"]                        a message in such a list; data-user, data-channel, data-thread-ts, data-ephemeral, [data-app-badge]
//   [data-text]                          the text of a message that has no blocks
//   [data-action-id="…"]                 an interactive element, with data-block-id and data-type; options carry data-value
//                                        (a native select, input or textarea where there is one)
//   [data-block="…"]                     a block
//   dialog[data-view-id="V1"]            the modal (its top view), data-callback-id; [data-submit] [data-close] [data-back]; aria-busy while sending
//   [data-error="block_id"]              a fault at an input; [data-problem] a fault of the whole view
//   dialog[data-confirm]                 a confirm dialog: [data-agree] [data-deny]
//   [data-composer="channel|thread"]     where messages are written; [data-send="channel|thread"], [data-attach], [data-files] (the file input)
//   [data-command="/x"], [data-suggest-user]  lines of its suggestions; [data-shortcuts] the menu of global shortcuts
//   [data-open-thread="ts"], [data-replies="ts"]  open a thread; [data-close-thread] closes it
//   [data-message-menu="ts"]             the menu of a message: [data-shortcut="callback_id"], [data-edit-message], [data-delete-message]
//   [data-edit="ts"], [data-save]        the box in which a message is edited
//   [data-reaction="eyes"]               a reaction; [data-react] opens the choice, [data-react-with="eyes"] is in it
//   [data-new-dm], [data-dm="U2"]        a new direct message
//   [data-toast]                         a toast

import { h, icon, iconButton, toast, keepFocus } from './dom.js';
import { S, get, act, explain, userName, channelName, appOfBot, address } from './store.js';
import { mrkdwn } from './mrkdwn.js';
import { showMessages, avatar } from './messages.js';
import { renderBlocks } from './blocks.js';
import { composer } from './composer.js';
import { drawSidebar } from './sidebar.js';
import { viewEvent, closeAll } from './modal.js';

const $ = (id) => document.getElementById(id);
const narrow = matchMedia('(max-width: 760px)');
let events = null;
let wanted = 0; // the newest route; what was asked for by an older one is dropped
const homeStates = new Map(); // view id -> what was chosen in it
const pending = new Map();

/** soon runs fn once, shortly, however often it is called. */
function soon(key, fn, ms = 40) {
  clearTimeout(pending.get(key));
  pending.set(key, setTimeout(() => { pending.delete(key); fn(); }, ms));
}

function remember(id) {
  try { localStorage.setItem('person', id); } catch { /* a private window */ }
}

function recall() {
  try { return localStorage.getItem('person') || ''; } catch { return ''; }
}

function go(place) {
  const to = address(place);
  if (location.hash === to) route();
  else location.hash = to;
}

async function loadState() {
  const as = S.me;
  const r = await get('state');
  if (as !== S.me) return false;
  if (r.ok === false || !r.users) {
    toast(explain(r.error || 'no_state'), 'bad');
    return false;
  }
  S.team = r.team || S.team;
  S.users = new Map(r.users.map((u) => [u.id, u]));
  S.apps = r.apps || [];
  S.channels = new Map((r.channels || []).map((c) => [c.id, c]));
  const human = r.users.find((u) => !u.is_bot);
  if (!S.users.has(S.me)) S.me = r.me && S.users.has(r.me) ? r.me : human?.id || '';
  sidebar();
  return true;
}

function sidebar() {
  drawSidebar($('sidebar'), { go, become: (id) => { location.hash = S.app ? address({ as: id, app: S.app }) : address({ as: id, channel: S.channels.get(S.channel)?.user ? '' : S.channel }); } });
  const n = [...S.channels.values()].reduce((sum, c) => sum + (c.unread || 0), 0);
  document.title = (n ? `(${n}) ` : '') + (S.app ? S.apps.find((a) => a.id === S.app)?.name || 'App' : channelName(S.channel) || 'Workspace') + ' – ' + (S.team.name || 'Workspace');
}

async function route() {
  const mine = ++wanted;
  const parts = location.hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent);
  let as = parts[0] === 'as' ? parts[1] : '';
  const rest = parts[0] === 'as' ? parts.slice(2) : parts.filter(Boolean);
  as ||= S.me || recall();
  if (as !== S.me || !S.users.size) {
    S.me = as;
    S.channel = S.thread = S.app = ''; // of whoever was here before
    closeAll();
    $('main').replaceChildren(); // whoever sits down now presses nothing of theirs
    drawThread();
    delete document.body.dataset.ready;
    if (!(await loadState())) return;
    if (S.me !== as && !(await loadState())) return;
    if (mine !== wanted) return;
    remember(S.me);
    listen();
  }
  S.app = '';
  S.thread = '';
  if (rest[0] === 'app' && S.apps.some((a) => a.id === rest[1])) {
    S.app = rest[1];
    S.tab = rest[2] === 'messages' ? 'messages' : 'home';
    S.channel = S.tab === 'messages' ? await imWith(S.apps.find((a) => a.id === S.app)) : '';
    if (mine !== wanted) return;
  } else {
    S.channel = rest[0] && rest[0] !== 'app' ? rest[0] : firstChannel();
    if (S.channel && !S.channels.has(S.channel)) { // joined a moment ago, perhaps
      await loadState();
      if (mine !== wanted) return;
      if (!S.channels.has(S.channel)) {
        if (rest[0]) toast(`${userName(S.me)} is not in this channel.`);
        S.channel = firstChannel();
      } else S.thread = rest[1] || '';
    } else S.thread = rest[1] || '';
  }
  document.body.classList.remove('nav-open');
  sidebar();
  drawMain();
  drawThread();
}

function firstChannel() {
  const named = [...S.channels.values()].filter((c) => !c.user).sort((a, b) => a.name.localeCompare(b.name));
  return (named.find((c) => c.unread) || named[0] || [...S.channels.values()][0])?.id || '';
}

async function imWith(app) {
  const had = [...S.channels.values()].find((c) => c.user === app.bot_user_id);
  if (had) return had.id;
  const r = await act('dm', { user: app.bot_user_id });
  await loadState();
  return r.channel || '';
}

function drawMain() {
  const main = $('main');
  const c = S.channels.get(S.channel);
  const app = S.apps.find((a) => a.id === S.app) || (c?.user && appOfBot(c.user));
  const tab = S.app && S.tab === 'home' ? 'home' : 'messages';
  const title = app ? app.name : c ? channelName(c.id) : 'Nobody here';
  const sign = app ? avatar(app.bot_user_id, app.name, true) : c?.user ? avatar(c.user, title) : c?.kind === 'private' ? icon('lock') : h('span', { class: 'sign', 'aria-hidden': 'true' }, '#');
  const head = h('header', { class: 'mainhead' },
    iconButton('menu', 'Channels and people', () => {
      document.body.classList.add('nav-open');
      $('sidebar').querySelector('select,a,button')?.focus();
    }, { class: 'iconbtn phone-only', 'data-open-nav': '' }), sign, h('h1', {}, title),
    c?.topic && !app && h('span', { class: 'topic' }, mrkdwn(c.topic)),
    c && !c.user && h('span', { class: 'members', title: (c.members || []).map(userName).join(', ') }, `${(c.members || []).length} members`));
  const tabs = app && h('div', { class: 'tabs', role: 'tablist' }, ['home', 'messages'].map((t) => h('a', {
    role: 'tab', href: address({ app: app.id, tab: t }), 'data-tab': t, 'aria-selected': String(t === tab),
  }, t === 'home' ? 'Home' : 'Messages')));
  const parts = [head, tabs || ''];
  if (tab === 'home') parts.push(h('div', { class: 'home', 'data-home': '', tabindex: '-1', 'aria-busy': 'true' }, loading()));
  else if (c) {
    parts.push(h('div', { class: 'list', role: 'log', 'aria-label': 'Messages in ' + title, tabindex: '0', 'data-pane': 'channel', 'data-pane-channel': c.id, 'aria-busy': 'true' }, loading()),
      composer({ channel: c.id, label: c.user ? 'Message ' + title : 'Message #' + title }));
  } else parts.push(h('p', { class: 'empty' }, `${userName(S.me)} is in no channel yet.`));
  main.replaceChildren(...parts);
  if (tab === 'home') loadHome(true);
  else if (c) {
    loadList('channel');
    if (!narrow.matches && !S.thread && !document.querySelector('dialog[open]') && !$('sidebar').contains(document.activeElement)) main.querySelector('[data-composer]')?.focus();
  }
}

function loading() {
  return h('p', { class: 'empty' }, h('span', { class: 'spinner', 'aria-hidden': 'true' }), 'Loading…');
}

function drawThread() {
  const box = $('thread');
  const open = Boolean(S.thread && S.channel && !(S.app && S.tab === 'home'));
  document.body.classList.toggle('thread-open', open);
  box.hidden = !open;
  if (!open) return box.replaceChildren();
  const had = box.querySelector('[data-pane=thread]');
  if (had?.dataset.paneThread === S.thread && had.dataset.paneChannel === S.channel && box.dataset.as === S.me) return loadList('thread');
  box.dataset.as = S.me;
  box.replaceChildren(h('header', { class: 'mainhead' }, h('h2', {}, 'Thread'), h('span', { class: 'topic' }, channelName(S.channel)),
    iconButton('close', 'Close thread', closeThread, { 'data-close-thread': '' })),
  h('div', { class: 'list', role: 'log', 'aria-label': 'Thread', tabindex: '0', 'data-pane': 'thread', 'data-pane-channel': S.channel, 'data-pane-thread': S.thread, 'aria-busy': 'true' }, loading()),
  composer({ channel: S.channel, thread: S.thread, label: 'Reply…' }));
  loadList('thread');
  if (!document.querySelector('dialog[open]')) box.querySelector('[data-composer]').focus({ preventScroll: true });
}

function closeThread() {
  const ts = S.thread;
  go(S.app ? { app: S.app, tab: S.tab } : { channel: S.channel });
  setTimeout(() => document.querySelector(`[data-replies="${ts}"], [data-open-thread="${ts}"]`)?.focus(), 50);
}

function openThread(ts) {
  if (S.app) { // the address of an app's tab has no room for a thread
    S.thread = ts;
    drawThread();
  } else go({ channel: S.channel, ts });
}

const newest = { channel: 0, thread: 0 };

async function loadList(pane) {
  const mine = ++newest[pane];
  const { channel, thread, me } = S;
  if (!channel || (pane === 'thread' && !thread)) return;
  const params = { channel, limit: 200 };
  if (pane === 'thread') params.thread_ts = thread;
  const r = await get('messages', params);
  const box = document.querySelector(`[data-pane=${pane}]`);
  if (mine !== newest[pane] || !box || me !== S.me || box.dataset.paneChannel !== channel || (pane === 'thread' && box.dataset.paneThread !== thread)) return;
  if (r.ok === false || !r.messages) {
    if (box.getAttribute('aria-busy')) box.replaceChildren(h('p', { class: 'empty' }, explain(r.error || 'no_messages')));
    return;
  }
  if (box.getAttribute('aria-busy')) {
    box.replaceChildren();
    box.removeAttribute('aria-busy');
  }
  if (pane === 'thread' && r.messages[0]?.thread_ts && r.messages[0].thread_ts !== thread && r.messages[0].ts !== thread) return openThread(r.messages[0].thread_ts);
  showMessages(box, r.messages, { channel, thread: pane === 'thread' ? thread : '', openThread, reload: () => loadList(pane) });
  if (pane === 'channel') read(channel, r.messages.at(-1)?.ts);
}

/** read tells the server what the person has seen, when the page is in front of them. */
function read(channel, ts) {
  const c = S.channels.get(channel);
  if (!ts || !c?.unread || document.hidden) return;
  c.unread = 0;
  sidebar();
  act('read', { channel, ts });
}

async function loadHome(opened) {
  const app = S.app;
  if (!app) return; // it was left meanwhile
  const r = await get('home', opened ? { app } : { app, quiet: 1 }); // quiet: only look, the tab is open already
  const box = document.querySelector('[data-home]');
  if (!box || app !== S.app) return;
  if (r.ok === false) return box.replaceChildren(h('p', { class: 'empty' }, explain(r.error)));
  drawHome(box, r.view);
}

function drawHome(box, view) {
  box.removeAttribute('aria-busy');
  if (!view) return box.replaceChildren(h('p', { class: 'empty' }, 'This app has not shown anything here yet.'));
  if (!homeStates.has(view.id)) homeStates.set(view.id, {});
  box.dataset.viewId = view.id || '';
  const state = homeStates.get(view.id);
  const ctx = {
    container: { type: 'view', view_id: view.id }, state,
    dispatch: async (action) => {
      const r = await act('block_action', { container: ctx.container, action, state: { values: state } });
      if (r.ok === false) toast(explain(r.error), 'bad');
    },
  };
  const sig = JSON.stringify(view);
  if (box.sig === sig) return;
  box.sig = sig;
  keepFocus(box, () => box.replaceChildren(h('div', { class: 'sheet' }, renderBlocks(view.blocks, ctx))));
}

function listen() {
  events?.close();
  const es = events = new EventSource('/sim/api/events?as=' + encodeURIComponent(S.me));
  es.onopen = () => {
    if (es !== events) return;
    document.body.dataset.ready = S.me;
    document.body.classList.remove('offline');
    reload(); // what came between the first look and now was told to nobody
  };
  es.onerror = () => {
    if (es !== events) return;
    document.body.classList.add('offline');
    if (es.readyState === EventSource.CLOSED) setTimeout(() => { if (es === events) { listen(); soon('reload', reload, 500); } }, 2000);
  };
  es.onmessage = (m) => {
    let e;
    try { e = JSON.parse(m.data); } catch { return; }
    if (es === events) happened(e);
  };
}

async function reload() {
  if (!(await loadState())) return;
  if (S.app && S.tab === 'home') return loadHome(false);
  if (S.channel) loadList('channel');
  if (S.thread) loadList('thread');
}

function happened(e) {
  switch (e.type) {
    case 'message':
      if (e.channel === S.channel) {
        soon('channel', () => loadList('channel'));
        if (S.thread && (!e.thread_ts || e.thread_ts === S.thread || e.ts === S.thread)) soon('thread', () => loadList('thread'));
      }
      soon('state', loadState, 120);
      break;
    case 'channels': soon('state', loadState, 120); break;
    case 'view': viewEvent(e); break;
    case 'home': if (e.app === S.app && S.tab === 'home') soon('home', () => loadHome(false)); break;
    case 'toast': toast(e.text || 'The app did not respond.', e.kind || 'bad'); break;
  }
}

document.addEventListener('keydown', (e) => {
  if (e.key !== 'Escape' || e.defaultPrevented || document.querySelector('dialog[open]')) return;
  if (document.body.classList.contains('nav-open')) {
    document.body.classList.remove('nav-open');
    document.querySelector('[data-open-nav]')?.focus();
  } else if (S.thread) closeThread();
});
document.addEventListener('click', (e) => {
  if (e.target.closest('[data-skip]')) {
    e.preventDefault();
    document.querySelector('[data-composer]')?.focus();
  } else if (e.target.id === 'app' || e.target.closest('#sidebar a')) document.body.classList.remove('nav-open');
});
document.addEventListener('visibilitychange', () => { if (!document.hidden && S.channel) soon('channel', () => loadList('channel')); });
addEventListener('hashchange', route);

const permalink = /^\/archives\/([A-Z0-9]+)(?:\/p(\d{10})(\d{6}))?$/.exec(location.pathname);
if (permalink) { // a link to a message, as the Web API gives it
  const thread = new URLSearchParams(location.search).get('thread_ts');
  const ts = thread || (permalink[2] ? permalink[2] + '.' + permalink[3] : '');
  history.replaceState(null, '', '/' + (location.hash || '#/' + permalink[1] + (ts ? '/' + ts : '')));
}
route();
