// Modals: a stack of views in one dialog. The top view is shown; closing it shows the one below.

import { h, iconButton, keepFocus } from './dom.js';
import { act, explain } from './store.js';
import { plain } from './mrkdwn.js';
import { renderBlocks, inputsOf } from './blocks.js';
import { FIELD, isEmpty } from './elements.js';

let stack = []; // {view, state, errors, problem, busy}
let dialog = null;
let back = null; // what had the focus before

/** viewEvent does what the server says of a view: op open, push, update, close or clear. */
export function viewEvent({ op, view }) {
  const at = view ? stack.findIndex((e) => e.view.id === view.id) : -1;
  if (op === 'clear') stack = [];
  else if (op === 'close') stack = view ? stack.filter((e) => e.view.id !== view.id) : stack.slice(0, -1);
  else if (!view) return;
  else if (at >= 0) Object.assign(stack[at], { view, errors: {}, problem: '', busy: false });
  else if (op === 'update') return; // of a view that this person closed
  else stack.push({ view, state: view.state?.values ? structuredClone(view.state.values) : {}, errors: {}, problem: '', busy: false });
  draw(op !== 'update');
}

/** closeAll drops all views without telling anybody: the person at the screen has changed. */
export function closeAll() {
  stack = [];
  draw();
}

function draw(fresh) {
  const e = stack.at(-1);
  if (!e) {
    if (dialog) {
      dialog.close();
      dialog.remove();
      dialog = null;
      back?.isConnected && back.focus();
    }
    return;
  }
  if (!dialog) {
    back = document.activeElement;
    dialog = h('dialog', { class: 'modal', 'aria-labelledby': 'modal-title' });
    dialog.addEventListener('cancel', (ev) => {
      ev.preventDefault();
      close();
    });
    document.body.append(dialog);
    dialog.showModal();
  }
  dialog.dataset.viewId = e.view.id;
  dialog.dataset.callbackId = e.view.callback_id || '';
  const top = fresh ? 0 : dialog.querySelector('.body')?.scrollTop || 0;
  const paint = () => dialog.replaceChildren(form(e));
  if (fresh) {
    paint();
    (dialog.querySelector('[data-focus-first]') || dialog.querySelector('.body :is(input,select,textarea,summary)') || dialog.querySelector('footer button, header button'))?.focus();
  } else keepFocus(dialog, paint);
  dialog.querySelector('.body').scrollTop = top;
}

function form(e) {
  const v = e.view;
  const ctx = {
    container: { type: 'view', view_id: v.id }, state: e.state, errors: e.errors,
    dispatch: async (action) => {
      e.problem = '';
      const r = await act('block_action', { container: { type: 'view', view_id: v.id }, action, state: { values: values(e) } });
      if (r.ok === false) fail(e, r.error);
      else if (r.view) viewEvent({ op: r.op || 'update', view: r.view });
    },
  };
  const deep = stack.length > 1;
  return h('form', { novalidate: true, onsubmit: (ev) => { ev.preventDefault(); submit(e); } },
    h('header', {}, deep && iconButton('back', 'Back', close, { 'data-back': '' }), h('h2', { id: 'modal-title' }, plain(v.title)), iconButton('close', 'Close', close, { 'data-close': 'x' })),
    e.problem && h('p', { class: 'problem banner', role: 'alert', 'data-problem': '' }, e.problem),
    h('div', { class: 'body' }, renderBlocks(v.blocks, ctx)),
    h('footer', {},
      h('button', { type: 'button', class: 'btn', 'data-close': '', 'data-focus': 'close', onclick: close }, plain(v.close) || (v.submit ? 'Cancel' : 'Close')),
      v.submit && h('button', { type: 'submit', class: 'btn primary', 'data-submit': '', 'data-focus': 'submit', 'aria-busy': e.busy ? 'true' : null },
        e.busy ? [h('span', { class: 'spinner', 'aria-hidden': 'true' }), 'Sending…'] : plain(v.submit))));
}

/** values are the inputs of a view as Slack sends them, of the blocks that it has now. */
function values(e) {
  const out = {};
  for (const b of e.view.blocks || []) {
    const s = e.state[b.block_id];
    if (s && Object.keys(s).length) out[b.block_id] = s;
  }
  return out;
}

/** check finds what the person must mend before the app is asked. */
function check(e) {
  const errors = {};
  for (const b of inputsOf(e.view)) {
    const v = e.state[b.block_id]?.[b.element.action_id];
    const x = v?.[FIELD[b.element.type]];
    if (isEmpty(b.element, v)) {
      if (!b.optional) errors[b.block_id] = 'Please fill this in.';
    } else if (b.element.type === 'plain_text_input' && b.element.min_length > x.length) {
      errors[b.block_id] = `At least ${b.element.min_length} characters, please.`;
    } else if (b.element.type === 'email_text_input' && !/^\S+@\S+$/.test(x)) {
      errors[b.block_id] = 'This is no mail address.';
    } else if (b.element.type === 'url_text_input' && !/^https?:\/\/\S+$/.test(x)) {
      errors[b.block_id] = 'This is no web address.';
    } else if (b.element.type === 'number_input' && !(b.element.is_decimal_allowed ? /^-?\d+([.,]\d+)?$/ : /^-?\d+$/).test(x)) {
      errors[b.block_id] = 'This is no number.';
    }
  }
  return errors;
}

async function submit(e) {
  if (e.busy) return;
  e.errors = check(e);
  e.problem = '';
  if (Object.keys(e.errors).length) return showErrors();
  e.busy = true;
  draw();
  const r = await act('view_submit', { view_id: e.view.id, state: { values: values(e) } });
  e.busy = false;
  if (!stack.includes(e)) return; // closed meanwhile by an event
  if (r.errors && Object.keys(r.errors).length) {
    e.errors = r.errors;
    return showErrors();
  }
  if (r.ok === false) return fail(e, r.error);
  if (!r.view) return viewEvent({ op: r.op === 'clear' ? 'clear' : 'close', view: e.view });
  if (r.op === 'push') return viewEvent(r);
  e.view = r.view; // an update may come with another id
  e.errors = {};
  draw();
}

function showErrors() {
  draw();
  const bad = dialog.querySelector('.bad');
  (bad?.querySelector('input,select,textarea,summary') || bad)?.focus();
  bad?.scrollIntoView({ block: 'nearest' });
}

function fail(e, code) {
  if (!stack.includes(e)) return;
  e.problem = explain(code);
  draw();
}

function close() {
  const e = stack.at(-1);
  if (!e) return;
  act('view_close', { view_id: e.view.id });
  viewEvent({ op: 'close', view: e.view });
}

