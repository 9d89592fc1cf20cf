// What the page knows, and the way to the simulator.

export const S = {
  me: '', team: { name: '' }, users: new Map(), channels: new Map(), apps: [],
  channel: '', thread: '', app: '', tab: 'home',
};

/** userName is the name that people see. */
export function userName(id) {
  const u = S.users.get(id);
  return u ? u.real_name || u.name || id : id || 'unknown';
}

/** channelName is a channel's name without its sign, or the other person of a direct message. */
export function channelName(id) {
  const c = S.channels.get(id);
  if (!c) return '';
  return c.user ? userName(c.user) : c.name || c.id;
}

/** appOfBot finds the app that a bot user belongs to. */
export function appOfBot(user) {
  return S.apps.find((a) => a.bot_user_id === user);
}

/** imOfApp is the direct message channel with an app, if there is one. */
export function imOfApp(app) {
  return [...S.channels.values()].find((c) => c.user && c.user === app.bot_user_id);
}

const ERRORS = {
  timeout: 'The app did not respond in time. Try again.',
  app_did_not_respond: 'The app did not respond in time. Try again.',
  dispatch_failed: 'The app did not respond. Is it running?',
  not_connected: 'The app is not connected.',
  network: 'The workspace cannot be reached. Is it still running?',
};

/** explain turns an error code into a sentence. */
export function explain(code) {
  return ERRORS[code] || (/\s/.test(code) ? code : 'That did not work: ' + code);
}

async function call(url, opts) {
  try {
    const r = await fetch(url, { ...opts, signal: AbortSignal.timeout(20000) });
    const body = await r.json().catch(() => ({}));
    if (!r.ok && body.ok === undefined) return { ok: false, error: body.error || 'HTTP ' + r.status };
    return body;
  } catch (e) {
    return { ok: false, error: e.name === 'TimeoutError' ? 'timeout' : 'network' };
  }
}

/** get asks for /sim/api/{what} as the person at the screen. */
export function get(what, params = {}) {
  const q = new URLSearchParams({ as: S.me, ...params });
  return call('/sim/api/' + what + '?' + q, {});
}

/** act does something in the name of the person at the screen. */
export function act(kind, body = {}) {
  return call('/sim/api/act', {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ as: S.me, kind, ...body }),
  });
}

/** address is the hash of a place in the page. */
export function address({ as = S.me, channel = '', ts = '', app = '', tab = '' } = {}) {
  const p = ['#', 'as', as];
  if (app) p.push('app', app, ...(tab && tab !== 'home' ? [tab] : []));
  else if (channel) p.push(channel, ...(ts ? [ts] : []));
  return p.map(encodeURIComponent).join('/').replace('%23', '#');
}
