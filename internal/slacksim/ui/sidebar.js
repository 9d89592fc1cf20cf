// The sidebar: who is at the screen, channels, direct messages, apps.

import { h, icon, iconButton, menu, toast, keepFocus } from './dom.js';
import { S, act, explain, userName, appOfBot, imOfApp, address } from './store.js';
import { avatar } from './messages.js';

/** drawSidebar shows the workspace. go(place) leads to a place, become(id) changes the person. */
export function drawSidebar(box, { go, become }) {
  keepFocus(box, () => {
    const top = box.querySelector('.places')?.scrollTop || 0;
    box.replaceChildren(head(become), places(go));
    box.querySelector('.places').scrollTop = top;
  });
}

function head(become) {
  const people = [...S.users.values()].filter((u) => !u.is_bot);
  return h('header', {}, h('div', { class: 'team' }, h('strong', { 'data-team': '' }, S.team.name || 'Workspace'), h('small', {}, 'simulated workspace')),
    iconButton('close', 'Close sidebar', () => document.body.classList.remove('nav-open'), { class: 'iconbtn phone-only' }),
    h('label', { class: 'who' }, h('span', {}, 'You are'), h('select', { 'data-person': S.me, 'data-focus': 'person', 'aria-label': 'You are', value: S.me, onchange: (e) => become(e.target.value) },
      people.map((u) => h('option', { value: u.id }, userName(u.id) + (u.title ? ' – ' + u.title : ''))))));
}

function places(go) {
  const all = [...S.channels.values()];
  const named = all.filter((c) => !c.user).sort((a, b) => a.name.localeCompare(b.name));
  const ims = all.filter((c) => c.user && c.user !== S.me && !appOfBot(c.user)).sort((a, b) => userName(a.user).localeCompare(userName(b.user)));
  const add = iconButton('plus', 'New direct message', () => menu(add, [...S.users.values()].filter((u) => !u.is_bot && u.id !== S.me).map((u) => ({
    label: userName(u.id), note: u.title, data: { 'data-dm': u.id }, run: async () => {
      const r = await act('dm', { user: u.id });
      r.channel ? go({ channel: r.channel }) : toast(explain(r.error || 'no_channel'), 'bad');
    },
  })), 'New direct message with'), { 'data-new-dm': '', 'data-focus': 'new-dm', 'aria-haspopup': 'menu' });
  return h('div', { class: 'places' },
    group('Channels', '', named.map((c) => place(c, c.kind === 'private' ? icon('lock') : h('span', { class: 'sign', 'aria-hidden': 'true' }, '#'), c.name))),
    group('Direct messages', add, ims.map((c) => place(c, avatar(c.user, userName(c.user)), userName(c.user), S.users.get(c.user)?.presence))),
    group('Apps', '', S.apps.map((a) => {
      const im = imOfApp(a);
      return h('li', {}, h('a', {
        href: address({ app: a.id, tab: im?.unread ? 'messages' : '' }), 'data-app': a.id, 'data-focus': a.id, 'data-unread': im?.unread || null, class: im?.unread ? 'unread' : '',
        'aria-current': S.app === a.id || (im && S.channel === im.id) ? 'page' : null,
      }, avatar(a.bot_user_id, a.name, true), h('span', { class: 'name' }, a.name), count(im?.unread)));
    })));
}

function group(title, extra, items) {
  const id = 'g-' + title.replace(/\W/g, '');
  return h('section', {}, h('div', { class: 'grouphead' }, h('h2', { id }, title), extra), h('ul', { 'aria-labelledby': id }, items));
}

function count(n) {
  return n ? h('span', { class: 'count' }, String(n), h('span', { class: 'sr' }, ' unread')) : '';
}

function place(c, sign, name, presence) {
  return h('li', {}, h('a', {
    href: address({ channel: c.id }), 'data-channel': c.id, 'data-channel-name': c.user ? null : c.name, 'data-focus': c.id, 'data-unread': c.unread || null, class: c.unread ? 'unread' : '',
    'aria-current': S.channel === c.id && !S.app ? 'page' : null,
  }, sign, h('span', { class: 'name' }, name), presence === 'active' && h('span', { class: 'dot', title: 'active' }), count(c.unread)));
}
