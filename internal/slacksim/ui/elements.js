// Interactive elements of Block Kit. Each writes its value into ctx.state[block_id][action_id] in the
// shape in which Slack sends it, and tells the app by ctx.dispatch(action) where Slack would.
// https://docs.slack.dev/reference/block-kit/block-elements

import { h, icon, menu, ask, safeURL, iconButton, toast, base64 } from './dom.js';
import { S, act, explain, userName } from './store.js';
import { plain, textObject } from './mrkdwn.js';

/** FIELD is the key under which Slack sends an element's value. */
export const FIELD = {
  plain_text_input: 'value', email_text_input: 'value', url_text_input: 'value', number_input: 'value', rich_text_input: 'rich_text_value',
  static_select: 'selected_option', external_select: 'selected_option', radio_buttons: 'selected_option',
  multi_static_select: 'selected_options', multi_external_select: 'selected_options', checkboxes: 'selected_options',
  users_select: 'selected_user', multi_users_select: 'selected_users', conversations_select: 'selected_conversation',
  multi_conversations_select: 'selected_conversations', channels_select: 'selected_channel', multi_channels_select: 'selected_channels',
  datepicker: 'selected_date', timepicker: 'selected_time', datetimepicker: 'selected_date_time', file_input: 'files',
};

const isMulti = (t) => t.startsWith('multi_') || t === 'checkboxes' || t === 'file_input';

function initial(el) {
  const f = FIELD[el.type];
  const v = el[f === 'value' || f === 'rich_text_value' ? 'initial_value' : f.replace('selected_', 'initial_')];
  return v === undefined ? (isMulti(el.type) ? [] : null) : v;
}

/** isEmpty says that nothing was filled in. */
export function isEmpty(el, v) {
  const x = v && v[FIELD[el.type]];
  return x == null || x === '' || (Array.isArray(x) && !x.length);
}

/** element draws one; o: {block, ctx, input, labelId, hintId}. */
export function element(el, o) {
  const make = MAKERS[el.type];
  if (!make) return h('span', { class: 'unsupported' }, '[' + el.type + ' is not shown here]');
  const { ctx, block } = o;
  if (FIELD[el.type]) {
    const vals = (ctx.state[block.block_id] ||= {});
    vals[el.action_id] ||= { type: el.type, [FIELD[el.type]]: initial(el) };
  }
  const c = {
    ...o,
    get: () => ctx.state[block.block_id][el.action_id][FIELD[el.type]],
    set: (v) => { ctx.state[block.block_id][el.action_id] = { type: el.type, [FIELD[el.type]]: v }; },
    attrs: (extra) => ({
      'data-action-id': el.action_id, 'data-block-id': block.block_id, 'data-type': el.type,
      'aria-labelledby': o.labelId, 'aria-describedby': o.hintId,
      'aria-label': o.labelId ? null : plain(el.placeholder) || el.accessibility_label || el.action_id,
      'data-focus-first': el.focus_on_load, ...extra,
    }),
    /** fire tells the app, after a confirm dialog where there is one. back is called when the person declines. */
    fire: async (more, node, back) => {
      if (o.input && !block.dispatch_action) return;
      if (el.confirm && !(await ask({
        title: plain(el.confirm.title), text: h('div', {}, textObject(el.confirm.text)), confirm: plain(el.confirm.confirm) || 'Yes',
        deny: plain(el.confirm.deny) || 'Cancel', danger: el.confirm.style === 'danger',
      }))) return back?.();
      node.setAttribute('aria-busy', 'true');
      await ctx.dispatch({ type: el.type, block_id: block.block_id, action_id: el.action_id, ...more });
      node.removeAttribute('aria-busy');
    },
  };
  return make(el, c);
}

/** change stores a value and tells the app; where that is declined, the old value comes back. */
function change(el, c, node, v, show) {
  const old = c.get();
  c.set(v);
  return c.fire({ [FIELD[el.type]]: v }, node, () => {
    c.set(old);
    show(old);
  });
}

function button(el, c) {
  const url = el.url && safeURL(el.url);
  const cls = 'btn ' + (el.style === 'primary' ? 'primary' : el.style === 'danger' ? 'danger' : '');
  const run = (e) => {
    if (node.getAttribute('aria-busy') === 'true') return e.preventDefault();
    c.fire({ text: el.text, value: el.value, style: el.style }, node);
  };
  const attrs = c.attrs({ class: cls, onclick: run, 'aria-label': el.accessibility_label, 'data-value': el.value });
  const node = url
    ? h('a', { ...attrs, href: url, target: '_blank', rel: 'noopener noreferrer' }, plain(el.text))
    : h('button', { ...attrs, type: 'button' }, plain(el.text));
  return node;
}

function overflow(el, c) {
  const node = iconButton('more', 'More actions', () => menu(node, (el.options || []).map((op) => ({
    label: plain(op.text), note: plain(op.description), data: { 'data-value': op.value ?? '' },
    run: () => {
      const u = op.url && safeURL(op.url);
      if (u) window.open(u, '_blank', 'noopener');
      c.fire({ selected_option: op }, node);
    },
  })), 'More actions'), c.attrs({ class: 'btn iconbtn', 'aria-haspopup': 'menu', 'aria-expanded': 'false', 'aria-label': 'More actions' }));
  return node;
}

/** choices lists what can be chosen: [{group, options: [{value, label, note, raw}]}]. */
function choices(el) {
  const opt = (o) => ({ value: o.value, label: plain(o.text), note: plain(o.description), raw: o });
  const kind = el.type.replace('multi_', '');
  if (kind === 'users_select') {
    return [{ options: [...S.users.values()].filter((u) => !u.is_bot).map((u) => ({ value: u.id, label: userName(u.id), raw: u.id })) }];
  }
  if (kind === 'channels_select' || kind === 'conversations_select') {
    return [{ options: [...S.channels.values()].filter((c) => kind === 'conversations_select' || !c.user)
      .map((c) => ({ value: c.id, label: c.user ? userName(c.user) : '#' + c.name, raw: c.id })) }];
  }
  if (el.option_groups) return el.option_groups.map((g) => ({ group: plain(g.label), options: (g.options || []).map(opt) }));
  return [{ options: (el.options || []).map(opt) }];
}

const idOf = (v) => (v && typeof v === 'object' ? v.value : v || '');

function select(el, c) {
  const groups = choices(el);
  const all = groups.flatMap((g) => g.options);
  const draw = (o) => h('option', { value: o.value }, o.label + (o.note ? ' – ' + o.note : ''));
  const node = h('select', c.attrs({
    class: 'select', onchange: () => change(el, c, node, all.find((o) => o.value === node.value)?.raw ?? null, (v) => { node.value = idOf(v); }),
  }), h('option', { value: '' }, plain(el.placeholder) || 'Choose…'), groups.map((g) => (g.group ? h('optgroup', { label: g.group }, g.options.map(draw)) : g.options.map(draw))));
  node.value = idOf(c.get());
  return node;
}

function multi(el, c) {
  const groups = choices(el);
  const all = groups.flatMap((g) => g.options);
  const sum = h('summary', {});
  const box = h('details', c.attrs({ class: 'multi' }), sum, groups.map((g) => h('fieldset', {}, g.group && h('legend', {}, g.group),
    g.options.map((o) => h('label', {}, h('input', { type: 'checkbox', value: o.value, onchange: pick }), h('span', {}, o.label))))));
  function show() {
    const on = new Set(c.get().map(idOf));
    for (const i of box.querySelectorAll('input')) i.checked = on.has(i.value);
    const full = el.max_selected_items && on.size >= el.max_selected_items;
    for (const i of box.querySelectorAll('input')) i.disabled = full && !i.checked;
    sum.textContent = all.filter((o) => on.has(o.value)).map((o) => o.label).join(', ') || plain(el.placeholder) || 'Choose…';
  }
  function pick() {
    const on = new Set([...box.querySelectorAll('input:checked')].map((i) => i.value));
    const p = change(el, c, box, all.filter((o) => on.has(o.value)).map((o) => o.raw), show);
    show();
    return p;
  }
  show();
  return box;
}

/** external asks the app for options while the person types. */
function external(el, c) {
  const many = isMulti(el.type);
  const listId = 'opts-' + el.action_id + '-' + Math.random().toString(36).slice(2, 8);
  const chips = h('span', { class: 'chips' });
  const list = h('div', { class: 'options', role: 'listbox', id: listId, hidden: true });
  const input = h('input', {
    type: 'text', role: 'combobox', 'aria-expanded': 'false', 'aria-controls': listId, 'aria-autocomplete': 'list', autocomplete: 'off',
    placeholder: plain(el.placeholder) || 'Type to search…', 'aria-labelledby': c.labelId,
    oninput: () => { clearTimeout(timer); timer = setTimeout(search, 250); }, onfocus: () => { if (!(el.min_query_length > 0)) search(); },
  });
  let timer;
  let asked = 0;
  const hide = () => { list.hidden = true; input.setAttribute('aria-expanded', 'false'); };
  async function search() {
    if (input.value.length < (el.min_query_length ?? 3)) return hide();
    const n = ++asked;
    const r = await act('suggest', { action_id: el.action_id, block_id: c.block.block_id, value: input.value, container: c.ctx.container });
    if (n !== asked) return;
    const found = r.options || (r.option_groups || []).flatMap((g) => g.options);
    list.replaceChildren(...(found.length ? found.map((o) => h('button', { type: 'button', role: 'option', 'data-value': o.value, onclick: () => choose(o) },
      plain(o.text), o.description && h('small', {}, plain(o.description)))) : [h('p', {}, r.ok === false ? 'The app did not answer.' : 'Nothing found.')]));
    list.hidden = false;
    input.setAttribute('aria-expanded', 'true');
  }
  function choose(o) {
    hide();
    input.value = '';
    input.focus();
    const p = change(el, c, box, many ? [...c.get().filter((x) => x.value !== o.value), o] : o, show);
    show();
    return p;
  }
  function show() {
    const v = c.get();
    chips.replaceChildren(...(many ? v : v ? [v] : []).map((o) => h('span', { class: 'chip' }, plain(o.text),
      iconButton('close', 'Remove ' + plain(o.text), () => {
        change(el, c, box, many ? c.get().filter((x) => x.value !== o.value) : null, show);
        show();
      }))));
  }
  const box = h('div', c.attrs({
    class: 'external', onkeydown: (e) => {
      const all = [...list.querySelectorAll('[role=option]')];
      if (e.key === 'Escape' && !list.hidden) { e.preventDefault(); e.stopPropagation(); hide(); input.focus(); }
      if ((e.key === 'ArrowDown' || e.key === 'ArrowUp') && !list.hidden && all.length) {
        e.preventDefault();
        const i = all.indexOf(document.activeElement) + (e.key === 'ArrowDown' ? 1 : -1);
        (all[i] || input).focus();
      }
    },
    onfocusout: (e) => { if (!box.contains(e.relatedTarget)) hide(); },
  }), chips, input, list);
  show();
  return box;
}

const MAX_PICK = 60 << 20; // bytes, of files that are chosen at once

/** files uploads what is chosen at once, as Slack does: the form is submitted with what Slack knows of it. */
function files(el, c) {
  const chips = h('span', { class: 'chips' });
  const most = el.max_files || 10;
  const picked = h('input', { type: 'file', multiple: most > 1, hidden: true, 'data-files': '', 'aria-label': 'Files', accept: (el.filetypes || []).map((t) => '.' + t).join(',') || null, onchange: take });
  const add = h('button', { type: 'button', class: 'btn', onclick: () => picked.click() }, 'Add files');
  const box = h('div', c.attrs({ class: 'external', role: 'group' }), chips, picked, add);
  async function take() {
    const list = [...picked.files].slice(0, most - c.get().length);
    if (list.reduce((n, f) => n + f.size, 0) > MAX_PICK) return toast('That is too much at once.', 'bad');
    add.setAttribute('aria-busy', 'true');
    const sent = await Promise.all(list.map(async (f) => ({ name: f.name, type: f.type || 'application/octet-stream', base64: await base64(f) })));
    const r = await act('pick', { files: sent });
    add.removeAttribute('aria-busy');
    picked.value = '';
    if (r.ok === false) return toast(explain(r.error), 'bad');
    const p = change(el, c, box, [...c.get(), ...r.files], show);
    show();
    return p;
  }
  function show() {
    chips.replaceChildren(...c.get().map((f) => h('span', { class: 'chip' }, icon('file'), f.name, iconButton('close', 'Remove ' + f.name, () => {
      change(el, c, box, c.get().filter((x) => x.id !== f.id), show);
      show();
    }))));
    add.disabled = c.get().length >= most;
  }
  show();
  return box;
}

function picker(type) {
  return (el, c) => {
    const zone = type === 'datetime-local';
    const show = (v) => {
      const d = zone && v ? new Date(v * 1000 - new Date(v * 1000).getTimezoneOffset() * 60000).toISOString().slice(0, 16) : v;
      node.value = d || '';
    };
    const node = h('input', c.attrs({
      type, class: 'select', onchange: () => {
        const v = !node.value ? null : zone ? Math.floor(new Date(node.value).getTime() / 1000) : node.value;
        change(el, c, node, v, show);
      },
    }));
    show(c.get());
    return node;
  };
}

function boxes(type) {
  return (el, c) => {
    const name = c.block.block_id + '-' + el.action_id + '-' + Math.random().toString(36).slice(2, 8);
    const node = h('div', c.attrs({ class: 'boxes', role: type === 'radio' ? 'radiogroup' : 'group' }), (el.options || []).map((o) => h('label', {},
      h('input', { type, name, value: o.value, onchange: pick }),
      h('span', {}, textObject(o.text), o.description && h('small', {}, textObject(o.description))))));
    function show() {
      const v = c.get();
      const on = new Set((Array.isArray(v) ? v : [v]).map(idOf));
      for (const i of node.querySelectorAll('input')) i.checked = on.has(i.value);
    }
    function pick() {
      const on = new Set([...node.querySelectorAll('input:checked')].map((i) => i.value));
      const sel = el.options.filter((o) => on.has(o.value));
      return change(el, c, node, type === 'radio' ? sel[0] ?? null : sel, show);
    }
    show();
    return node;
  };
}

function textInput(el, c) {
  const rich = el.type === 'rich_text_input';
  const on = el.dispatch_action_config?.trigger_actions_on || ['on_enter_pressed'];
  let timer;
  const value = () => (node.value === '' ? null : rich ? asRich(node.value) : node.value);
  const attrs = c.attrs({
    class: 'text', placeholder: plain(el.placeholder), minlength: el.min_length, maxlength: el.max_length || (rich ? null : 3000),
    oninput: () => {
      c.set(value());
      if (!on.includes('on_character_entered')) return;
      clearTimeout(timer);
      timer = setTimeout(() => c.fire({ [FIELD[el.type]]: value() }, node), 400);
    },
    onkeydown: (e) => {
      if (e.key !== 'Enter' || e.isComposing) return;
      if (node.tagName === 'TEXTAREA') {
        if (e.ctrlKey || e.metaKey) { e.preventDefault(); node.form?.requestSubmit(); }
        return;
      }
      if (c.input && c.block.dispatch_action && on.includes('on_enter_pressed')) {
        e.preventDefault();
        c.fire({ [FIELD[el.type]]: value() }, node);
      }
    },
  });
  const kind = { email_text_input: 'email', url_text_input: 'url', number_input: 'text' }[el.type] || 'text';
  const node = el.multiline || rich ? h('textarea', { ...attrs, rows: 4 })
    : h('input', { ...attrs, type: kind, inputmode: el.type === 'number_input' ? 'decimal' : null });
  const v = c.get();
  node.value = rich ? fromRich(v) : v ?? '';
  return node;
}

function asRich(text) {
  return { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text }] }] };
}

function fromRich(v) {
  return (v?.elements || []).map((s) => (s.elements || []).map((e) => e.text || e.url || '').join('')).join('\n');
}

function image(el) {
  return h('span', { class: 'unsupported' }, plain(el.alt_text));
}

const MAKERS = {
  button, workflow_button: button, overflow, image,
  static_select: select, users_select: select, channels_select: select, conversations_select: select,
  multi_static_select: multi, multi_users_select: multi, multi_channels_select: multi, multi_conversations_select: multi,
  external_select: external, multi_external_select: external,
  datepicker: picker('date'), timepicker: picker('time'), datetimepicker: picker('datetime-local'),
  radio_buttons: boxes('radio'), checkboxes: boxes('checkbox'), file_input: files,
  plain_text_input: textInput, email_text_input: textInput, url_text_input: textInput, number_input: textInput, rich_text_input: textInput,
};

