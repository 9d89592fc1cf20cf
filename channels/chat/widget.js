/* Tierline chat. Embed with: <script src="https://GATEWAY/widget.js" data-inbox="NAME" async></script>
 * data-lang="de" fixes the language, data-title="…" the heading, data-theme="light" or "dark" the colours.
 * No HTML is ever made of text: every node is built with createElement and textContent. */
(function () {
  "use strict";
  var script = document.currentScript;
  if (!script || document.querySelector("tierline-chat")) return;

  var TEXT = {
    en: { title: "Chat with us", open: "Open chat", close: "Close chat", unread: "new", hello: "Hello! How can we help?", writes: "Somebody is writing an answer…", seen: "Seen",
      you: "You", agent: "Support", write: "Your message", send: "Send", sending: "Sending…", sent: "Sent", waiting: "Not sent yet. Trying again…",
      failed: "Not sent", tooLong: "This message is too long.", offline: "No connection. What you write is kept and sent later.",
      who: "Your name and e-mail (optional)", name: "Name", email: "E-mail", log: "Conversation",
      ask: "Ask for a call", phone: "Telephone", when: "When? (optional)", call: "Call me back", please: "Please call me back: " },
    de: { title: "Chatten Sie mit uns", open: "Chat öffnen", close: "Chat schließen", unread: "neu", hello: "Guten Tag! Wie können wir helfen?", writes: "Es wird gerade geantwortet…", seen: "Gesehen",
      you: "Sie", agent: "Support", write: "Ihre Nachricht", send: "Senden", sending: "Wird gesendet…", sent: "Gesendet", waiting: "Noch nicht gesendet. Neuer Versuch…",
      failed: "Nicht gesendet", tooLong: "Diese Nachricht ist zu lang.", offline: "Keine Verbindung. Was Sie schreiben, wird aufgehoben und später gesendet.",
      who: "Ihr Name und Ihre E-Mail (freiwillig)", name: "Name", email: "E-Mail", log: "Gespräch",
      ask: "Um Rückruf bitten", phone: "Telefon", when: "Wann? (freiwillig)", call: "Rückruf erbitten", please: "Bitte rufen Sie mich zurück: " },
    fr: { title: "Discutez avec nous", open: "Ouvrir le chat", close: "Fermer le chat", unread: "nouveau", hello: "Bonjour ! Comment pouvons-nous vous aider ?", writes: "Une réponse est en cours de rédaction…", seen: "Vu",
      you: "Vous", agent: "Assistance", write: "Votre message", send: "Envoyer", sending: "Envoi…", sent: "Envoyé", waiting: "Pas encore envoyé. Nouvel essai…",
      failed: "Non envoyé", tooLong: "Ce message est trop long.", offline: "Pas de connexion. Vos messages sont conservés et envoyés plus tard.",
      who: "Votre nom et votre e-mail (facultatif)", name: "Nom", email: "E-mail", log: "Conversation",
      ask: "Demander un rappel", phone: "Téléphone", when: "Quand ? (facultatif)", call: "Me rappeler", please: "Merci de me rappeler : " }
  };
  var MAX = 16 * 1024; // bytes of one message, as the gateway has it

  var base = new URL(".", script.src);
  var inbox = script.dataset.inbox || "";
  var locale = "en"; // the whole tag, for times of day
  var lang = pickLanguage();
  var T = TEXT[lang];
  var store = storage("tierline-chat:" + base.host + ":" + inbox);

  function pickLanguage() {
    var wanted = [script.dataset.lang, document.documentElement.lang].concat(navigator.languages || [navigator.language]);
    for (var i = 0; i < wanted.length; i++) {
      var l = String(wanted[i] || "").slice(0, 2).toLowerCase();
      if (TEXT[l]) { locale = wanted[i]; return l; }
    }
    return "en";
  }

  // storage is localStorage under a prefix, or memory where the browser forbids it.
  function storage(prefix) {
    var memory = {}, real = null;
    try { real = window.localStorage; real.setItem(prefix, ""); real.removeItem(prefix); } catch (e) { real = null; }
    function key(k) { return prefix + ":" + k; }
    return {
      get: function (k) { try { return real ? real.getItem(key(k)) : memory[k] || null; } catch (e) { return memory[k] || null; } },
      set: function (k, v) { memory[k] = v; try { if (real) real.setItem(key(k), v); } catch (e) { /* full: memory has it */ } },
      drop: function (k) { delete memory[k]; try { if (real) real.removeItem(key(k)); } catch (e) { /* memory is enough */ } },
      keys: function (start) {
        var all = Object.keys(memory);
        for (var i = 0; real && i < real.length; i++) {
          var k = real.key(i);
          if (k.indexOf(key(start)) === 0 && all.indexOf(k.slice(prefix.length + 1)) < 0) all.push(k.slice(prefix.length + 1));
        }
        return all.filter(function (k) { return k.indexOf(start) === 0; });
      }
    };
  }

  function el(name, attributes, children) {
    var e = document.createElement(name);
    Object.keys(attributes || {}).forEach(function (k) { e.setAttribute(k, attributes[k]); });
    (children || []).forEach(function (c) { e.append(c); });
    return e;
  }

  // ---- text to nodes: links, and a small Markdown for answers ----

  function link(url, text) {
    var a = el("a", { href: url, target: "_blank", rel: "noopener noreferrer nofollow" });
    a.textContent = text;
    return a;
  }

  function linkify(text, into) {
    var re = /https?:\/\/[^\s<>"'`]+/g, at = 0, m;
    while ((m = re.exec(text))) {
      var url = m[0].replace(/[.,;:!?)\]}]+$/, "");
      into.append(text.slice(at, m.index), link(url, url));
      at = re.lastIndex = m.index + url.length;
    }
    into.append(text.slice(at));
  }

  var INLINE = /`([^`\n]{1,2000})`|\*\*([^\n]{1,2000}?)\*\*|\*([^*\s][^*\n]{0,2000})\*|\[([^\]\n]{1,500})\]\((https?:\/\/[^\s)]{1,2000})\)|\\([\\`*_[\]()#>-])/g;

  function inline(text, into, depth) {
    var re = new RegExp(INLINE.source, "g"), at = 0, m;
    while (depth < 4 && (m = re.exec(text))) {
      linkify(text.slice(at, m.index), into);
      at = re.lastIndex;
      if (m[1]) into.append(el("code", {}, [m[1]]));
      else if (m[2]) { var b = el("strong"); inline(m[2], b, depth + 1); into.append(b); }
      else if (m[3]) { var i = el("em"); inline(m[3], i, depth + 1); into.append(i); }
      else if (m[4]) into.append(link(m[5], m[4]));
      else into.append(m[6]);
    }
    linkify(text.slice(at), into);
  }

  function markdown(text, into) {
    var lines = text.split("\n"), block = null, kind = "";
    function open(k, name) { if (kind !== k) { kind = k; block = el(name); into.append(block); } return block; }
    for (var n = 0; n < lines.length; n++) {
      var line = lines[n], m;
      if (/^```/.test(line)) {
        var code = [];
        while (++n < lines.length && !/^```/.test(lines[n])) code.push(lines[n]);
        into.append(el("pre", {}, [el("code", {}, [code.join("\n")])]));
        kind = "";
      } else if (!line.trim()) kind = "";
      else if ((m = /^\s*[-*+] (.*)/.exec(line))) inline(m[1], open("ul", "ul").appendChild(el("li")), 0);
      else if ((m = /^\s*(\d{1,6})[.)] (.*)/.exec(line))) {
        if (kind !== "ol") open("ol", "ol").setAttribute("start", m[1]);
        inline(m[2], block.appendChild(el("li")), 0);
      } else if ((m = /^> ?(.*)/.exec(line))) { open("quote", "blockquote"); if (block.firstChild) block.append(el("br")); inline(m[1], block, 0); }
      else if ((m = /^#{1,6} (.*)/.exec(line))) { kind = ""; inline(m[1], open("p", "p").appendChild(el("strong")), 0); kind = ""; }
      else { open("p", "p"); if (block.firstChild) block.append(el("br")); inline(line, block, 0); }
    }
  }

  // ---- what is seen ----

  var CSS = [
    ":host{all:initial;--bg:#fff;--fg:#1b1f24;--dim:#59636e;--line:#d0d7de;--accent:#0b5fa5;--on:#fff;--them:#eef1f4;--bad:#b3261e}",
    "@media(prefers-color-scheme:dark){:host(:not([data-theme=light])){--bg:#161b22;--fg:#e6edf3;--dim:#9da7b3;--line:#3d444d;--accent:#58a6ff;--on:#06121f;--them:#262c36;--bad:#ff8a80}}",
    ":host([data-theme=dark]){--bg:#161b22;--fg:#e6edf3;--dim:#9da7b3;--line:#3d444d;--accent:#58a6ff;--on:#06121f;--them:#262c36;--bad:#ff8a80}",
    "*{box-sizing:border-box;font:16px/1.45 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif}",
    "[hidden]{display:none!important}",
    "button{cursor:pointer;border:0;color:inherit;background:none}",
    ":focus-visible{outline:3px solid var(--accent);outline-offset:2px}",
    ".launch{position:fixed;z-index:2147483000;right:20px;bottom:20px;width:60px;height:60px;border-radius:30px;background:var(--accent);color:var(--on);box-shadow:0 4px 14px rgba(0,0,0,.35);padding:0}",
    ".launch svg{width:30px;height:30px;display:block;margin:auto}",
    ".badge{position:absolute;top:-4px;right:-4px;min-width:24px;height:24px;border-radius:12px;background:var(--bad);color:var(--bg);font-size:14px;line-height:24px;padding:0 6px;font-weight:700}",
    ".panel{position:fixed;z-index:2147483001;right:20px;bottom:92px;width:380px;height:min(620px,calc(100vh - 112px));display:flex;flex-direction:column;background:var(--bg);color:var(--fg);border:1px solid var(--line);border-radius:14px;box-shadow:0 10px 36px rgba(0,0,0,.35);overflow:hidden}",
    "header{display:flex;align-items:center;gap:8px;padding:10px 8px 10px 16px;background:var(--accent);color:var(--on)}",
    "header h2{flex:1;margin:0;font-size:17px;font-weight:650}",
    "header button{width:44px;height:44px;border-radius:8px;font-size:22px;line-height:1}",
    "header :focus-visible{outline-color:var(--on)}",
    ".off{padding:8px 16px;background:var(--them);color:var(--fg);font-size:14px;border-bottom:1px solid var(--line)}",
    ".log{flex:1;overflow-y:auto;padding:14px 16px;overscroll-behavior:contain;display:flex;flex-direction:column;gap:10px}",
    ".m{max-width:85%;align-self:flex-start;display:flex;flex-direction:column;align-items:flex-start}",
    ".m.you{align-self:flex-end;align-items:flex-end}",
    ".t{max-width:100%;padding:8px 12px;border-radius:14px;border-bottom-left-radius:4px;background:var(--them);overflow-wrap:anywhere;white-space:pre-wrap}",
    ".you .t{background:var(--accent);color:var(--on);border-radius:14px;border-bottom-right-radius:4px}",
    ".t.md{white-space:normal}",
    ".t p,.t ul,.t ol,.t pre,.t blockquote{margin:0 0 8px}.t>:last-child{margin-bottom:0}",
    ".t ul,.t ol{padding-inline-start:22px}.t strong{font-weight:700}.t em{font-style:italic}",
    ".t code{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:14px}.t pre{overflow-x:auto}.t blockquote{border-inline-start:3px solid var(--line);padding-inline-start:8px}",
    ".t a{color:inherit;text-decoration:underline}",
    ".s{font-size:13px;color:var(--dim);padding:2px 4px}.you .s{text-align:end}.s.bad{color:var(--bad)}",
    ".w{padding:0 16px 6px;font-size:13px;color:var(--dim)}",
    "details{border-top:1px solid var(--line);padding:6px 16px;font-size:14px}summary{font-size:14px;color:var(--dim);cursor:pointer;padding:4px 0}",
    "details div{display:flex;gap:8px;padding:4px 0 6px}details label{flex:1;min-width:0;font-size:13px;color:var(--dim)}",
    "input,textarea{width:100%;color:var(--fg);background:var(--bg);border:1px solid var(--dim);border-radius:8px;padding:8px 10px;display:block}::placeholder{color:var(--dim);opacity:1}",
    "form{display:flex;gap:8px;padding:10px 12px;border-top:1px solid var(--line);align-items:flex-end}",
    "form.wish{padding:4px 0 6px;border:0;flex-wrap:wrap}form.wish label{min-width:110px}",
    "form label{flex:1}textarea{resize:none;height:44px;max-height:140px}",
    ".send{background:var(--accent);color:var(--on);border-radius:8px;height:44px;padding:0 16px;font-weight:650}",
    ".hide{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}",
    "@media(max-width:520px),(max-height:420px){.panel{inset:0;width:auto;height:100%;height:100dvh;border:0;border-radius:0}.panel:not([hidden])+.launch{display:none}}"
  ].join("\n");

  var host = el("tierline-chat", { lang: lang });
  if (script.dataset.theme) host.dataset.theme = script.dataset.theme;
  var root = host.attachShadow({ mode: "open" });
  if (root.adoptedStyleSheets && window.CSSStyleSheet && CSSStyleSheet.prototype.replaceSync) { // works under a strict CSP
    var sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    root.adoptedStyleSheets = [sheet];
  } else root.append(el("style", {}, [CSS]));

  function icon() {
    var ns = "http://www.w3.org/2000/svg", svg = document.createElementNS(ns, "svg"), path = document.createElementNS(ns, "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("fill", "currentColor");
    path.setAttribute("d", "M4 3h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2h-8l-5 4v-4H4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zm3 5v2h10V8zm0 4v2h7v-2z");
    svg.append(path);
    return svg;
  }

  var badge = el("span", { class: "badge", "aria-hidden": "true", hidden: "" });
  var launch = el("button", { class: "launch", type: "button", "aria-haspopup": "dialog", "aria-expanded": "false" }, [icon(), badge]);
  var heading = el("h2", { id: "h" }, [script.dataset.title || T.title]);
  var shut = el("button", { type: "button", "aria-label": T.close, title: T.close }, ["✕"]);
  var offline = el("div", { class: "off", role: "status", hidden: "" }, []);
  var log = el("div", { class: "log", role: "log", "aria-live": "off", "aria-label": T.log, tabindex: "0" });
  var writes = el("div", { class: "w", role: "status", hidden: "" }); // an agent writes
  var name = el("input", { id: "n", autocomplete: "name", maxlength: "100" });
  var email = el("input", { id: "e", type: "email", autocomplete: "email", maxlength: "254" });
  var who = el("details", {}, [el("summary", {}, [T.who]), el("div", {}, [
    el("label", {}, [T.name, name]), el("label", {}, [T.email, email])])]);
  // Who asks for a call says so in words: what follows from them is decided where all words are read.
  var phone = el("input", { id: "p", type: "tel", autocomplete: "tel", maxlength: "40", required: "" });
  var when = el("input", { id: "d", maxlength: "200" });
  var ask = el("button", { class: "send", type: "submit" }, [T.call]);
  var wish = el("form", { class: "wish" }, [el("label", {}, [T.phone, phone]), el("label", {}, [T.when, when]), ask]);
  var call = el("details", {}, [el("summary", {}, [T.ask]), wish]);
  var text = el("textarea", { id: "w", rows: "1", placeholder: T.write, maxlength: String(MAX), dir: "auto" });
  var send = el("button", { class: "send", type: "submit" }, [T.send]);
  var form = el("form", {}, [el("label", {}, [el("span", { class: "hide" }, [T.write]), text]), send]);
  var panel = el("div", { class: "panel", role: "dialog", "aria-labelledby": "h", hidden: "" },
    [el("header", {}, [heading, shut]), offline, log, writes, who, call, form]);
  root.append(panel, launch);

  var unread = 0;
  function label() {
    badge.hidden = !unread;
    badge.textContent = String(unread);
    launch.setAttribute("aria-label", panel.hidden ? T.open + (unread ? " (" + unread + " " + T.unread + ")" : "") : T.close);
    launch.setAttribute("aria-expanded", String(!panel.hidden));
  }

  function show(open, focus) {
    panel.hidden = !open;
    panel.setAttribute("aria-modal", String(small()));
    if (open) { unread = 0; connect(); log.scrollTop = log.scrollHeight; }
    store.set("open", open ? "1" : "");
    label();
    if (focus) (open ? text : launch).focus();
  }

  function small() { return window.matchMedia("(max-width:520px),(max-height:420px)").matches; }

  // On a phone the panel covers the page, so the Tab key stays in it.
  function keys(e) {
    if (e.key === "Escape") { e.stopPropagation(); show(false, true); return; }
    if (e.key !== "Tab" || !small()) return;
    var last = e.shiftKey ? shut : send, first = e.shiftKey ? send : shut;
    if (root.activeElement === last) { e.preventDefault(); first.focus(); }
  }

  // ---- messages ----

  var mine = {};  // id → {bubble, status}
  var seen = {};  // ticket → newest seq

  function clock(at) {
    try { return at.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" }); } catch (e) { return at.toLocaleTimeString(); }
  }

  function bubble(from, author, body, at, isMarkdown) {
    var t = el("div", { class: "t" + (isMarkdown ? " md" : ""), dir: "auto" });
    if (isMarkdown) markdown(body, t); else linkify(body, t);
    var status = el("div", { class: "s" }, [from === "you" ? "" : author + " · " + clock(at)]);
    var m = el("div", { class: "m " + from }, [el("span", { class: "hide" }, [author + ": "]), t, status]);
    var atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80 || from === "you";
    log.append(m);
    if (atEnd) log.scrollTop = log.scrollHeight;
    return { bubble: m, status: status, text: body };
  }

  function own(id, body) {
    if (!mine[id]) mine[id] = bubble("you", T.you, body, new Date(), false);
    return mine[id];
  }

  function state(id, words, bad) {
    if (!mine[id]) return;
    mine[id].status.textContent = words;
    mine[id].status.className = bad ? "s bad" : "s";
  }

  function isSent(id, at) {
    store.drop("out:" + id);
    clearTimeout(waiting[id]);
    delete waiting[id];
    if (mine[id]) mine[id].at = at || new Date();
    state(id, T.sent + " · " + clock(at || new Date()));
  }

  function receive(f) {
    if ((seen[f.ticket] || 0) >= f.seq) return;
    seen[f.ticket] = f.seq;
    var at = new Date(f.at);
    if (f.from === "you") { own(f.id, f.text); isSent(f.id, at); return; }
    typing(0);
    bubble("agent", f.name || T.agent, f.text, at, f.from === "agent");
    if (panel.hidden && live) { unread++; label(); }
  }

  // typing shows that an answer is being written, for so long.
  var writesTimer = 0;
  function typing(ms) {
    clearTimeout(writesTimer);
    writes.hidden = !ms;
    writes.textContent = ms ? T.writes : "";
    if (ms) writesTimer = setTimeout(function () { typing(0); }, Math.min(ms, 300000));
  }

  // isSeen marks the last of one's own messages that has arrived.
  function isSeen() {
    var last = Object.keys(mine).filter(function (id) { return mine[id].at; }).sort().pop();
    if (last) state(last, T.seen + " · " + clock(mine[last].at));
  }

  var told = 0; // when the gateway was last told that the visitor writes
  function tell() {
    if (!welcome || !text.value.trim() || Date.now() - told < 4000) return;
    told = Date.now();
    socket.send(JSON.stringify({ t: "typing" }));
  }

  function random() {
    var b = crypto.getRandomValues(new Uint8Array(12));
    return Array.prototype.map.call(b, function (x) { return ("0" + x.toString(16)).slice(-2); }).join("");
  }

  function say() {
    var body = text.value.trim();
    if (!body) return;
    if (new TextEncoder().encode(body).length > MAX) { text.setCustomValidity(T.tooLong); text.reportValidity(); return; }
    put(body);
    text.value = "";
    grow();
  }

  function callMe() {
    put(T.please + phone.value.trim() + (when.value.trim() ? ". " + when.value.trim() : ""));
    when.value = "";
    call.open = false;
    text.focus();
  }

  // put keeps a message and sends it as soon as that can be.
  function put(body) {
    var id = Date.now().toString(36) + "-" + random(); // sorts by time
    store.set("out:" + id, JSON.stringify({ text: body, name: name.value, email: email.value }));
    own(id, body);
    connect();
    flush();
  }

  function grow() { text.style.height = "44px"; text.style.height = Math.min(140, text.scrollHeight + 2) + "px"; }

  // ---- the connection ----

  var socket = null, welcome = false, live = false, tries = 0, timer = 0, waiting = {}, quietTimer = 0;

  // flush says everything that is kept and not yet said on this connection, oldest first.
  function flush() {
    store.keys("out:").sort().forEach(function (k) {
      var id = k.slice(4), kept;
      try { kept = JSON.parse(store.get(k)); } catch (e) { kept = null; }
      if (!kept || !kept.text) { store.drop(k); return; }
      own(id, kept.text);
      if (!welcome) { state(id, T.waiting); return; }
      if (waiting[id]) return;
      state(id, T.sending);
      waiting[id] = setTimeout(function () { if (socket) socket.close(); }, 25000); // no answer: the line is dead
      socket.send(JSON.stringify({ t: "say", id: id, text: kept.text, name: kept.name, email: kept.email }));
    });
  }

  function refused(f) {
    clearTimeout(waiting[f.id]);
    if (f.code === "slow" || f.code === "unavailable") {
      state(f.id, T.waiting);
      waiting[f.id] = setTimeout(function () { delete waiting[f.id]; flush(); }, Math.max(500, f.retry_ms || 2000));
      return;
    }
    delete waiting[f.id];
    store.drop("out:" + f.id);
    state(f.id, T.failed + ": " + (f.code === "too_long" ? T.tooLong : f.text), true);
  }

  function frame(e) {
    var f;
    try { f = JSON.parse(e.data); } catch (err) { return; }
    if (f.t === "welcome") {
      welcome = true;
      tries = 0;
      if (f.session !== store.get("session")) seen = {};
      store.set("session", f.session);
      store.set("secret", f.secret);
      offline.hidden = true;
      clearTimeout(quietTimer); // what is old is not read out
      quietTimer = setTimeout(function () { live = true; log.setAttribute("aria-live", "polite"); }, 800);
      flush();
    } else if (f.t === "message") receive(f);
    else if (f.t === "ack") isSent(f.id);
    else if (f.t === "typing" || f.t === "idle") typing(f.for_ms || 0);
    else if (f.t === "seen") isSeen();
    else if (f.t === "error" && f.id) refused(f);
  }

  function connect() {
    if (socket) return;
    clearTimeout(timer);
    var url = new URL("chat/ws", base);
    url.protocol = url.protocol.replace("http", "ws");
    url.search = "?inbox=" + encodeURIComponent(inbox);
    var s;
    try { s = socket = new WebSocket(url); } catch (e) { socket = null; again(); return; }
    s.onopen = function () {
      s.send(JSON.stringify({ t: "hello", session: store.get("session") || "", secret: store.get("secret") || "", lang: lang, have: newest() }));
    };
    s.onmessage = frame;
    s.onclose = function (e) {
      if (socket !== s) return;
      socket = null;
      welcome = live = false;
      typing(0);
      log.setAttribute("aria-live", "off");
      Object.keys(waiting).forEach(function (id) { clearTimeout(waiting[id]); delete waiting[id]; });
      flush(); // marks what waits
      if (e.code !== 4000) again(); // 4000: idle; the visitor's next touch connects
    };
  }

  // newest is what hello tells of tickets that are seen: at most 20, the newest.
  function newest() {
    var have = {};
    Object.keys(seen).slice(-20).forEach(function (t) { have[t] = seen[t]; });
    return have;
  }

  function again() {
    var wait = Math.min(30000, 500 * Math.pow(2, tries++)) * (0.5 + Math.random() / 2);
    if (tries > 2) { offline.textContent = T.offline; offline.hidden = false; }
    clearTimeout(timer);
    timer = setTimeout(connect, wait);
  }

  function wake() { if (!socket && store.get("session") && !document.hidden) { tries = Math.min(tries, 3); connect(); } }

  launch.addEventListener("click", function () { show(panel.hidden, true); });
  shut.addEventListener("click", function () { show(false, true); });
  panel.addEventListener("keydown", keys);
  form.addEventListener("submit", function (e) { e.preventDefault(); say(); text.focus(); });
  wish.addEventListener("submit", function (e) { e.preventDefault(); if (phone.value.trim()) callMe(); });
  text.addEventListener("input", function () { text.setCustomValidity(""); grow(); wake(); tell(); });
  text.addEventListener("keydown", function (e) {
    if (e.key === "Enter" && !e.shiftKey && !e.isComposing) { e.preventDefault(); say(); }
  });
  text.addEventListener("keypress", function (e) { if (e.key === "Enter" && !e.shiftKey) e.preventDefault(); });
  [[name, "name"], [email, "email"]].forEach(function (f) {
    f[0].value = store.get(f[1]) || "";
    f[0].addEventListener("change", function () { store.set(f[1], f[0].value); });
  });
  window.addEventListener("online", wake);
  window.addEventListener("offline", function () { if (socket) socket.close(); });
  document.addEventListener("visibilitychange", wake);

  bubble("agent", T.agent, T.hello, new Date(), false).status.remove();
  label();
  (document.body || document.documentElement).append(host);
  if (store.get("open") && !small()) show(true, false);
  if (store.get("session") || store.keys("out:").length) { flush(); connect(); }
})();
