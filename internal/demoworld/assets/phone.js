// Posts transcripts. For tests: [data-call-sample], [data-transcript], [data-post], [data-ticket] in the list.

const $ = (id) => document.getElementById(id);
let calls = [];

async function load(keep) {
  calls = (await fetch('/api/samples').then((r) => r.json(), () => ({ calls: [] }))).calls;
  if (keep) return;
  const own = document.createElement('option');
  own.value = '-1';
  own.textContent = 'Paste your own below…';
  $('pick').replaceChildren(...calls.map((c, i) => {
    const o = document.createElement('option');
    o.value = i;
    o.textContent = `${c.language}: ${c.title}`;
    return o;
  }), own);
  choose();
}

function choose() {
  const c = calls[$('pick').value];
  $('body').value = c ? c.body : '';
  if (!c) $('body').focus();
}

$('pick').addEventListener('change', async () => {
  await load(true); // new call ids
  choose();
});
$('call').addEventListener('submit', async (e) => {
  e.preventDefault();
  const button = $('call').querySelector('[data-post]');
  button.disabled = true;
  const body = $('body').value;
  const type = /^\uFEFF?WEBVTT/.test(body) ? 'text/vtt' : 'application/json';
  const li = document.createElement('li');
  try {
    const r = await fetch('/api/calls', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ type, body }) });
    const out = await r.json();
    if (!r.ok) throw new Error(out.error);
    li.dataset.ticket = out.ticket;
    const b = document.createElement('b');
    b.textContent = out.ticket;
    li.append(b, out.duplicate ? ' – this call had been posted before.' : ' – the call is a ticket now. ');
    if ($('links').dataset.slack) {
      const a = document.createElement('a');
      a.href = $('links').dataset.slack;
      a.target = 'slack';
      a.textContent = 'See its card';
      li.append(' ', a);
    }
  } catch (err) {
    li.className = 'problem';
    li.append('Refused: ' + (err.message || 'no answer'));
  }
  $('nothing').hidden = true;
  $('done').prepend(li);
  button.disabled = false;
});
load();
