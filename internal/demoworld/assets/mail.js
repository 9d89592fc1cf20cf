// The customer's mail program. Texts of mails only ever become text nodes.
// For tests: [data-mail="id"] lines, [data-mail-text] the open mail, [data-reply], [data-write], [data-send],
// [data-to] [data-subject] [data-text], [data-sample], [data-customer-select].

const $ = (id) => document.getElementById(id);
const support = $('mailapp').dataset.support;
let mails = [];
let open = 0;
let replyTo = null;
let events = null;
let samples = [];
const seen = new Set(JSON.parse(sessionStorage.getItem('seen') || '[]'));

function el(tag, props, ...kids) {
  const n = document.createElement(tag);
  for (const [k, v] of Object.entries(props || {})) {
    if (k.startsWith('on')) n.addEventListener(k.slice(2), v);
    else if (k === 'class') n.className = v;
    else if (v != null) n.setAttribute(k, v);
  }
  n.append(...kids.filter((x) => x != null && x !== ''));
  return n;
}

const me = () => $('who').selectedOptions[0];
const when = (m) => new Date(m.at).toLocaleString([], { day: '2-digit', month: 'short', hour: '2-digit', minute: '2-digit' });

async function load() {
  const who = $('who').value;
  const r = await fetch('/api/mails?address=' + encodeURIComponent(who)).then((x) => x.json(), () => ({ mails }));
  if (who !== $('who').value) return;
  mails = r.mails;
  draw();
}

function draw() {
  $('none').hidden = mails.length > 0;
  const had = document.activeElement?.dataset?.mail;
  $('list').replaceChildren(...[...mails].reverse().map((m) => el('li', {},
    el('button', { type: 'button', class: (m.sent ? 'sent' : '') + (m.sent || seen.has(m.message_id) ? '' : ' new'), 'data-mail': m.id, 'data-sent': m.sent ? '' : null, 'aria-current': m.id === open ? 'true' : null, onclick: () => show(m.id, true) },
      el('span', { class: 'from' }, m.sent ? 'To ' + m.to : m.from_name || m.from), el('time', { datetime: m.at }, when(m)),
      el('span', { class: 'subject' }, m.subject || '(no subject)'), el('span', { class: 'start' }, m.text.replace(/\s+/g, ' ').slice(0, 90))))));
  if (had) document.querySelector(`[data-mail="${had}"]`)?.focus();
  const n = mails.filter((m) => !m.sent && !seen.has(m.message_id)).length;
  document.title = (n ? `(${n}) ` : '') + 'Mailbox – Tierline demo';
  const m = mails.find((x) => x.id === open);
  if (!m) $('view').replaceChildren(el('p', { class: 'muted' }, mails.length ? 'Pick a mail.' : ''));
}

function quoted(text) {
  const out = el('div', { class: 'text', 'data-mail-text': '' });
  let kind = null;
  for (const line of text.replace(/\r\n?/g, '\n').split('\n')) {
    const q = line.startsWith('>');
    if (q !== kind) {
      out.append(el(q ? 'blockquote' : 'div', {}));
      kind = q;
    } else out.lastChild.append('\n');
    out.lastChild.append(line);
  }
  return out;
}

function show(id, focus) {
  open = id;
  const m = mails.find((x) => x.id === id);
  if (!m) return;
  if (!m.sent) {
    seen.add(m.message_id);
    sessionStorage.setItem('seen', JSON.stringify([...seen].slice(-500)));
  }
  draw();
  document.body.classList.add('reading');
  $('view').replaceChildren(...[
    el('button', { type: 'button', class: 'button back', onclick: () => { document.body.classList.remove('reading'); document.querySelector(`[data-mail="${id}"]`)?.focus(); } }, '‹ All mails'),
    el('h2', {}, m.subject || '(no subject)'),
    el('p', { class: 'muted' }, `${m.from_name ? m.from_name + ' ' : ''}<${m.from}> to ${m.to}, ${when(m)}`),
    quoted(m.text),
    m.attachments?.length ? el('p', { class: 'muted' }, 'Attached: ' + m.attachments.map((a) => `${a.name || 'a file'} (${a.type}, ${a.size} bytes)`).join(', ')) : null,
    !m.sent && el('p', {}, el('button', { type: 'button', class: 'button primary', 'data-reply': m.id, onclick: () => compose(m) }, 'Reply')),
    el('details', {}, el('summary', {}, 'Headers that thread it'), el('pre', { tabindex: '0' }, [`Message-ID: <${m.message_id}>`, m.in_reply_to && `In-Reply-To: <${m.in_reply_to}>`, m.references?.length && 'References: ' + m.references.map((r) => `<${r}>`).join('\n  ')].filter(Boolean).join('\n')))].filter(Boolean));
  if (focus) $('view').focus();
}

const WROTE = {
  de: (m) => `Am ${new Date(m.at).toLocaleDateString('de')} schrieb ${m.from_name || m.from}:`,
  fr: (m) => `Le ${new Date(m.at).toLocaleDateString('fr')}, ${m.from_name || m.from} a écrit :`,
  en: (m) => `On ${new Date(m.at).toLocaleDateString('en-GB')}, ${m.from_name || m.from} wrote:`,
};

function compose(m) {
  replyTo = m || null;
  $('compose-title').textContent = m ? 'Reply' : 'New mail';
  $('samplebox').hidden = Boolean(m);
  $('from').value = `${me().dataset.name} <${$('who').value}>`;
  $('to').value = m ? m.from : support;
  $('subject').value = m ? (/^(re|aw|ré)\s*:/i.test(m.subject) ? m.subject : 'Re: ' + m.subject) : '';
  $('text').value = m ? `\n\n${(WROTE[me().dataset.language] || WROTE.en)(m)}\n` + m.text.split('\n').map((l) => '> ' + l).join('\n') : '';
  $('problem').hidden = true;
  pickable();
  if (!$('compose').open) $('compose').showModal();
  $('text').focus();
  $('text').setSelectionRange(0, 0);
}

function pickable() {
  const lang = me().dataset.language;
  const mine = samples.map((s, i) => [s, i]).sort(([a], [b]) => (b.language === lang) - (a.language === lang));
  $('sample').replaceChildren($('sample').firstElementChild, ...mine.map(([s, i]) => el('option', { value: i }, `${s.language}: ${s.subject}`)));
  $('sample').value = '';
}

$('sample').addEventListener('change', () => {
  const s = samples[$('sample').value];
  if (!s) return;
  $('subject').value = s.subject;
  $('text').value = s.text + '\n' + me().dataset.name;
});
$('form').addEventListener('submit', async (e) => {
  e.preventDefault();
  const button = $('form').querySelector('[data-send]');
  if (button.disabled) return;
  button.disabled = true;
  const body = { from: $('who').value, to: $('to').value, subject: $('subject').value, text: $('text').value, in_reply_to: replyTo?.message_id || '' };
  try {
    const r = await fetch('/api/mails', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
    const sent = await r.json();
    if (!r.ok) throw new Error(sent.error);
    $('compose').close();
    await load();
    show(sent.id);
  } catch (err) {
    $('problem').textContent = err.message || 'It could not be sent.';
    $('problem').hidden = false;
  }
  button.disabled = false;
});
$('cancel').addEventListener('click', () => $('compose').close());
$('compose').addEventListener('close', () => { if (location.hash === '#compose') history.replaceState(null, '', location.pathname); });
$('write').addEventListener('click', () => compose());
$('who').addEventListener('change', start);

function start() {
  open = 0;
  document.body.classList.remove('reading');
  mails = [];
  sessionStorage.setItem('who', $('who').value);
  events?.close();
  events = new EventSource('/api/mails/events?address=' + encodeURIComponent($('who').value));
  events.onmessage = load; // also when the stream comes back
  load();
}

if ([...$('who').options].some((o) => o.value === sessionStorage.getItem('who'))) $('who').value = sessionStorage.getItem('who');
start();
samples = (await fetch('/api/samples').then((r) => r.json(), () => ({ mails: [] }))).mails;
pickable();
if (location.hash === '#compose') compose();
addEventListener('hashchange', () => { if (location.hash === '#compose') compose(); });
