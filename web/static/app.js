// Live refresh of a ticket's page: when the server says that it changed, the page is fetched again and
// its parts are put in place of the old ones. Forms are left alone, so that nobody loses what they type.
const root = document.querySelector("[data-live]");
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
        part.replaceChildren(...document.importNode(next, true).childNodes);
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
