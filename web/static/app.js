// Live refresh of a ticket's page: when the server says that it changed, the page is fetched again and
// its parts are put in place of the old ones. Forms are left alone, so that nobody loses what they type.
// Messages that are as they were stay as they are: what is open stays open, and images that were loaded
// stay.
const root = document.querySelector("[data-live]");

// content is what a message says, whatever has been opened in it and however long ago it was.
const content = (e) => {
  const copy = e.cloneNode(true);
  copy.querySelectorAll("details").forEach((d) => { d.open = false; });
  copy.querySelectorAll("time").forEach((t) => { t.textContent = ""; });
  return copy.className + copy.innerHTML;
};

// keep leaves alone what has not changed in a list, and puts the rest of it in its place.
const keep = (list, next) => {
  for (const old of [...list.children]) if (!next.querySelector("#" + old.id)) old.remove();
  let at = list.firstElementChild;
  for (const item of [...next.children]) {
    const old = list.querySelector("#" + item.id);
    if (old && content(old) === content(item)) {
      const times = item.querySelectorAll("time");
      old.querySelectorAll("time").forEach((t, i) => { t.textContent = times[i].textContent; });
      at = old.nextElementSibling;
      continue;
    }
    const node = document.importNode(item, true);
    if (old) old.replaceWith(node); else list.insertBefore(node, at);
    at = node.nextElementSibling;
  }
};

if (root && "EventSource" in window) {
  let busy = false, again = false;
  const refresh = async () => {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const answer = await fetch(location.href.split("#")[0], { headers: { Accept: "text/html" } });
      if (!answer.ok || answer.redirected) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of document.querySelectorAll("[data-part]")) {
        const next = fresh.getElementById(part.id);
        if (!next || next.innerHTML === part.innerHTML) continue;
        const open = new Set([...part.querySelectorAll("details[open]")].map((d) => d.parentElement.id + d.className));
        next.querySelectorAll("details").forEach((d) => { d.open = open.has(d.parentElement.id + d.className); });
        for (const box of part.querySelectorAll("input:checked")) {
          const same = next.querySelector(`input[name="${box.name}"][value="${box.value}"]`);
          if (same) same.checked = true;
        }
        // What somebody types or chooses in a part stays, and so does the place of the keyboard.
        const typed = [...part.querySelectorAll("input[id], select[id]")].map((f) => [f.id, f.value]);
        const at = part.contains(document.activeElement) && document.activeElement.id;
        const list = part.querySelector(".talk"), items = next.querySelector(".talk");
        if (list && items) {
          keep(list, items);
          part.querySelector(".earlier")?.remove();
          const earlier = next.querySelector(".earlier");
          if (earlier) part.prepend(document.importNode(earlier, true));
        } else {
          part.replaceChildren(...document.importNode(next, true).childNodes);
        }
        for (const [id, value] of typed) {
          const field = document.getElementById(id);
          if (field && field.value !== value) field.value = value;
        }
        if (at && document.activeElement.id !== at) document.getElementById(at)?.focus({ preventScroll: true });
      }
      const rev = fresh.querySelector(".act input[name=rev]");
      for (const mine of document.querySelectorAll(".act input[name=rev]")) {
        const writing = [...mine.form.elements].some((e) => e.name === "text" && e.value || e.name === "seq" && e.checked);
        if (rev && !writing) mine.value = rev.value; // whoever is writing is told of the change when they send
      }
      document.getElementById("live-note").textContent = "The ticket has changed; this page shows it.";
    } finally {
      busy = false;
      if (again) { again = false; refresh(); }
    }
  };
  const stream = new EventSource(root.dataset.live);
  stream.addEventListener("change", refresh);
  addEventListener("pagehide", () => stream.close());
}

// An answer that waits counts down. When its time is up, the server tells what became of it.
const tick = () => {
  for (const time of document.querySelectorAll("[data-until]")) {
    const left = Math.ceil((Date.parse(time.dataset.until) - Date.now()) / 1000);
    time.textContent = left > 0 ? `${left} s` : "a moment";
  }
};
if (root) setInterval(tick, 1000);

// A guided script is checked while it is written: the server reads the form, as a preview does.
const edit = document.getElementById("edit"), check = document.getElementById("script-check");
if (edit && check) {
  let timer, asked = 0;
  edit.addEventListener("input", (e) => {
    if (e.target.name !== "body" && e.target.name !== "tags") return;
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const mine = ++asked, form = new FormData(edit);
      form.set("do", "check");
      try {
        const answer = await fetch(edit.action, { method: "POST", body: new URLSearchParams(form), headers: { Accept: "text/html" } });
        if (!answer.ok || answer.redirected || mine !== asked) return;
        const next = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("script-check");
        if (next && next.innerHTML !== check.innerHTML) check.replaceChildren(...document.importNode(next, true).childNodes);
      } catch { /* it is checked again when it is saved */ }
    }, 500);
  });
}
