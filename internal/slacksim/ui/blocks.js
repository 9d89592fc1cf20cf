// Block Kit blocks to DOM nodes. https://docs.slack.dev/reference/block-kit/blocks

import { h, imageURL } from './dom.js';
import { plain, textObject, mrkdwn, link } from './mrkdwn.js';
import { richText } from './richtext.js';
import { element } from './elements.js';

let unique = 0;

/**
 * renderBlocks draws blocks. ctx: {container, state, errors, dispatch(action)}; state is kept by the
 * caller, so that what was filled in outlives a redraw.
 */
export function renderBlocks(blocks, ctx) {
  return (blocks || []).map((b, i) => {
    const block = b.block_id ? b : { ...b, block_id: 'block-' + i };
    const make = BLOCKS[block.type];
    const node = make ? make(block, ctx) : h('p', { class: 'unsupported' }, '[' + block.type + ' is not shown here]');
    node.dataset.block = block.block_id;
    return node;
  });
}

function img(b, cls) {
  const src = imageURL(b.image_url || b.slack_file?.url || '');
  return src ? h('img', { src, alt: b.alt_text || '', class: cls, loading: 'lazy' }) : h('span', { class: 'unsupported' }, b.alt_text || 'image');
}

function accessory(b, ctx) {
  const a = b.accessory;
  if (!a) return '';
  return h('div', { class: 'accessory' }, a.type === 'image' ? img(a, 'thumb') : element(a, { block: b, ctx }));
}

function section(b, ctx) {
  return h('div', { class: 'b-section' }, h('div', { class: 'grow' },
    b.text && h('div', { class: 'mrkdwn' }, textObject(b.text)),
    b.fields && h('div', { class: 'fields' }, b.fields.map((f) => h('div', { class: 'mrkdwn' }, textObject(f))))), accessory(b, ctx));
}

function context(b) {
  return h('div', { class: 'b-context' }, (b.elements || []).map((e) => (e.type === 'image' ? img(e, 'tiny') : h('span', { class: 'mrkdwn' }, textObject(e)))));
}

function input(b, ctx) {
  const id = 'in-' + ++unique;
  const problem = ctx.errors?.[b.block_id];
  const hints = [b.hint && id + '-hint', problem && id + '-error'].filter(Boolean).join(' ') || null;
  const el = element(b.element || {}, { block: b, ctx, input: true, labelId: id, hintId: hints });
  if (problem) (el.matches('input,select,textarea') ? el : el.querySelector('input') || el).setAttribute('aria-invalid', 'true');
  return h('div', { class: 'b-input' + (problem ? ' bad' : ''), 'data-input': '' },
    h('div', { class: 'label', id, onclick: () => (el.matches('input,select,textarea') ? el : el.querySelector('input'))?.focus() },
      plain(b.label), b.optional && h('small', {}, ' (optional)')), el,
    problem && h('p', { class: 'problem', id: id + '-error', role: 'alert', 'data-error': b.block_id }, problem),
    b.hint && h('p', { class: 'hint', id: id + '-hint' }, plain(b.hint)));
}

/** markdown draws the few forms of standard Markdown that the block is used for. */
function markdown(b) {
  const out = String(b.text || '').replace(/^#{1,6} +(.+)$/gm, '*$1*').replace(/\*\*(.+?)\*\*/g, '*$1*').replace(/~~(.+?)~~/g, '~$1~')
    .replace(/\[([^\]\n]+)\]\((https?:[^)\s]+)\)/g, '<$2|$1>').replace(/^[*-] /gm, '• ');
  return h('div', { class: 'mrkdwn' }, mrkdwn(out));
}

function table(b) {
  const cell = (c, tag) => h(tag, {}, c?.type === 'rich_text' ? richText(c) : plain(c?.text));
  const rows = b.rows || [];
  return h('div', { class: 'b-table' }, h('table', {}, rows.map((r, i) => h('tr', {}, r.map((c) => cell(c, i ? 'td' : 'th'))))));
}

const BLOCKS = {
  section, context, input, table, markdown,
  header: (b) => h('h3', { class: 'b-header' }, plain(b.text)),
  divider: () => h('hr'),
  actions: (b, ctx) => h('div', { class: 'b-actions', role: 'group', 'aria-label': 'Actions' }, (b.elements || []).map((e) => element(e, { block: b, ctx }))),
  image: (b) => h('figure', { class: 'b-image' }, b.title && h('figcaption', {}, plain(b.title)), img(b, 'large')),
  rich_text: (b) => h('div', { class: 'mrkdwn' }, richText(b)),
  video: (b) => h('div', { class: 'b-section' }, h('div', { class: 'grow' }, link(b.title_url || b.video_url, plain(b.title)), h('div', {}, plain(b.description))),
    b.thumbnail_url && h('div', { class: 'accessory' }, img({ image_url: b.thumbnail_url, alt_text: b.alt_text }, 'thumb'))),
  file: (b) => h('p', {}, 'File ' + (b.external_id || '')),
};

/** inputsOf lists the input blocks of a view, with those of its elements that have a value. */
export function inputsOf(view) {
  return (view.blocks || []).filter((b) => b.type === 'input' && b.element);
}

/** renderAttachments draws the older "attachments" of a message. */
export function renderAttachments(list, ctx) {
  return (list || []).map((a) => {
    const node = h('div', { class: 'attachment' }, a.pretext && h('div', { class: 'mrkdwn' }, mrkdwn(a.pretext)),
      a.author_name && h('small', {}, plain(a.author_name)),
      a.title && h('strong', {}, a.title_link ? link(a.title_link, plain(a.title)) : plain(a.title)),
      a.blocks ? renderBlocks(a.blocks, ctx) : h('div', { class: 'mrkdwn' }, mrkdwn(a.text || (a.title ? '' : a.fallback) || '')),
      a.fields && h('div', { class: 'fields' }, a.fields.map((f) => h('div', {}, h('strong', {}, plain(f.title)), h('br'), mrkdwn(f.value || '')))),
      a.image_url && img({ image_url: a.image_url, alt_text: a.fallback }, 'large'), a.footer && h('small', {}, plain(a.footer)));
    const color = { good: '#2e8b57', warning: '#d99a17', danger: '#c0392b' }[a.color] || (/^#?[0-9a-f]{3,8}$/i.test(a.color || '') ? '#' + a.color.replace('#', '') : '');
    if (color) node.style.borderInlineStartColor = color;
    return node;
  });
}
