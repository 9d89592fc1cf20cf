// rich_text blocks to DOM nodes. https://docs.slack.dev/reference/block-kit/blocks/rich-text-block

import { h } from './dom.js';
import { link, mention, channelRef, dateText } from './mrkdwn.js';
import { emoji } from './emoji.js';

const MAX_INDENT = 8;

function styled(node, st) {
  if (!st) return node;
  for (const [k, tag] of [['code', 'code'], ['bold', 'strong'], ['italic', 'em'], ['strike', 's'], ['underline', 'u']]) {
    if (st[k]) node = h(tag, {}, node);
  }
  return node;
}

function leaf(e) {
  switch (e.type) {
    case 'text': {
      const parts = String(e.text || '').split('\n').flatMap((t, i) => (i ? [h('br'), t] : [t]));
      return styled(parts.length === 1 ? parts[0] : h('span', {}, parts), e.style);
    }
    case 'link': return styled(link(e.url, e.text), e.style);
    case 'emoji': return h('span', { class: 'emoji', role: 'img', 'aria-label': e.name }, emoji(e.name || '') || ':' + e.name + ':');
    case 'user': return mention(e.user_id);
    case 'channel': return channelRef(e.channel_id);
    case 'usergroup': return h('span', { class: 'mention' }, '@' + e.usergroup_id);
    case 'broadcast': return h('span', { class: 'mention' }, '@' + e.range);
    case 'date': return h('time', { class: 'date' }, dateText(e.timestamp, e.format || '') || e.fallback || '');
    case 'color': return h('code', {}, e.value);
  }
  return e.text || '';
}

function part(e, depth) {
  const kids = () => (e.elements || []).map(leaf);
  switch (e.type) {
    case 'rich_text_section': return h('div', { class: 'rt' }, kids());
    case 'rich_text_preformatted': return h('pre', {}, kids());
    case 'rich_text_quote': return h('blockquote', {}, kids());
    case 'rich_text_list': {
      const items = (e.elements || []).map((x) => h('li', {}, depth < MAX_INDENT ? part(x, depth + 1) : ''));
      return h(e.style === 'ordered' ? 'ol' : 'ul', { class: 'indent' + Math.min(e.indent || 0, MAX_INDENT), start: e.offset ? e.offset + 1 : null }, items);
    }
  }
  return leaf(e);
}

/** richText draws the elements of a rich_text block. */
export function richText(block) {
  return (block.elements || []).map((e) => part(e, 0));
}
