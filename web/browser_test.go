package web

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/gofiber/fiber/v2"

	"tierline/customer"
	"tierline/internal/peers"
	"tierline/kb"
	"tierline/router/pager"
	"tierline/ticket"
)

// audit lists what is wrong with a page for people who cannot see it, or use no mouse, and what does
// not fit the screen.
const audit = `(() => {
 const bad = [], name = (e) => (e.getAttribute("aria-label") || e.textContent || e.title || "").trim();
 if (document.querySelectorAll("h1").length !== 1) bad.push("not one h1");
 if (document.querySelectorAll("main").length !== 1) bad.push("not one main");
 if (!document.documentElement.lang) bad.push("no language");
 for (const e of document.querySelectorAll("input:not([type=hidden]),select,textarea")) if (!e.labels.length) bad.push("no label: " + e.name);
 for (const e of document.querySelectorAll("a,button,summary")) if (!name(e)) bad.push("no name: " + e.outerHTML);
 for (const e of document.querySelectorAll("img")) if (!e.hasAttribute("alt")) bad.push("no alt: " + e.src);
 for (const e of document.querySelectorAll("iframe")) if (!e.title) bad.push("no title: " + e.src);
 for (const e of document.querySelectorAll("main table.rows")) if (!e.caption || !e.querySelector("thead th[scope=col]")) bad.push("a table without headers");
 const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
 for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) bad.push("id twice: " + id);
 for (const e of document.querySelectorAll("[aria-labelledby]")) if (!document.getElementById(e.getAttribute("aria-labelledby"))) bad.push("label is not there");
 for (const e of document.querySelectorAll("[style],style,script:not([src])")) bad.push("inline: " + e.outerHTML.slice(0, 60));
 for (const e of document.querySelectorAll("[src],link[href]")) if (new URL(e.src || e.href, location).origin !== location.origin) bad.push("remote: " + (e.src || e.href));
 if (document.documentElement.scrollWidth > innerWidth) bad.push("wider than the screen: " + document.documentElement.scrollWidth + " of " + innerWidth);
 const lum = (c) => { const v = c.map((x) => { x /= 255; return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4; }); return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
 const rgb = (s) => (s.match(/[\d.]+/g) || []).map(Number);
 const ground = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length === 3) return c; } return [255, 255, 255]; };
 for (const e of document.querySelectorAll("body *")) {
  if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || !e.checkVisibility()) continue;
  const a = lum(rgb(getComputedStyle(e).color)), b = lum(ground(e)), ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (ratio < 4.5) bad.push("contrast " + ratio.toFixed(1) + ": " + e.outerHTML.slice(0, 80));
 }
 return bad;
})()`

func scheme(dark bool) chromedp.Action[chromedp.Void] {
	value := "light"
	if dark {
		value = "dark"
	}
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value}}})
		return err
	})
}

// furnish fills a site with some of everything.
func furnish(s *site) ticket.ID {
	s.article(kb.Article{ID: "descale", Title: "Descaling the CM-200", Audience: kb.External, Confidence: kb.Validated, Tags: []string{"care"},
		Models: []string{"CM-200"}, Updated: time.Now().Add(-50 * time.Hour),
		Body: "## Before you start\n\nEmpty the tank.\n\n1. Fill in the **descaler**.\n2. Press `Clean` for 3 seconds.\n\n| Hardness | Every |\n|---|---|\n| soft | 3 months |\n| hard | 4 weeks |\n"})
	s.article(kb.Article{ID: "entkalken", Title: "Die CM-200 entkalken", Body: "Tank leeren.", Language: "de", Audience: kb.External, Confidence: kb.Validated})
	s.article(kb.Article{ID: "refund-policy", Title: "Refunds after the warranty", Body: "Ask the lead.", Audience: kb.Internal,
		Confidence: kb.NotValidated, Wording: "We look at every case by itself."})
	s.mail("0", "Machine does not heat", "It stays cold. SN-000042", func(in *ticket.Inbound) { in.Units = []string{"SN-000042"} })
	id := s.mail("1", "CM-200 leaks and shows E4", "Hello,\n\nsince Monday my machine leaks. The display shows E4.\n\nI have descaled it twice.\n\nCarla", func(in *ticket.Inbound) {
		in.Units, in.Folded, in.HTML = []string{"SN-000042"}, "> On Monday you wrote: …", "<h2>Hello</h2><p>since Monday my machine <b>leaks</b>.</p><table><tr><td>Display</td><td>E4</td></tr></table>"
		in.Warnings = []string{"The sender could not be verified."}
		in.With = []customer.Identity{{Kind: customer.Email, Value: "boss@customer.example", Name: "Bo Boss"}}
		in.Found = []ticket.Finding{{Kind: ticket.FoundPhone, Value: "+4930123456"}, {Kind: ticket.FoundOrder, Value: "CM-2026-00417"}}
		in.Attachments = []ticket.Attachment{{Name: "photo of the leak.jpg", Type: "image/jpeg", Size: 240_000, SHA256: s.put("jpeg")}}
	})
	s.act(ticket.Action{Kind: ticket.ActRoute, Ticket: id, By: ticket.Actor{Kind: ticket.ByRule, ID: "hardware", Name: "hardware"},
		Decision: &ticket.Decision{Tier: "l1", Queue: "l1", Priority: ticket.High, Tags: []string{"leak"}, Fits: true, Reasons: []string{`rule "hardware": the unit is a CM-200`},
			Suggestions: []ticket.Suggestion{{Article: "descale", Title: "Descaling the CM-200", Score: 0.83, Why: []string{"words: descaled, machine"}},
				{Article: "refund-policy", Title: "Refunds after the warranty", Internal: true, Score: 0.31}}}})
	anna := staffList()[0].Actor()
	s.act(ticket.Action{Kind: ticket.ActTake, Ticket: id, By: anna})
	s.act(ticket.Action{Kind: ticket.ActNote, Ticket: id, By: anna, Note: &ticket.NoteFields{Reported: "leaks, E4", Tried: "descaled twice", NextStep: "check the seal"}})
	s.act(ticket.Action{Kind: ticket.ActReply, Ticket: id, By: anna, Text: "Hello Carla,\n\nplease check the **seal** of the tank:\n\n- take it out\n- dry it\n"})
	s.article(kb.Article{ID: "leaks", Title: "It leaks", Audience: kb.Internal, Confidence: kb.Validated, Tags: []string{kb.TagScript},
		Body: "## Is the tank pushed in?\n- Yes → next\n- No → done\n\n## Does it leak when it is cold?\n> Why: then it is the seal, and not the pressure.\n\nLet it **cool** for an hour:\n\n1. Switch it off.\n2. Wipe it dry.\n\n- Yes, below the tank → escalate\n- Yes, elsewhere → escalate\n- No → done\n"})
	s.act(ticket.Action{Kind: ticket.ActScript, Ticket: id, By: anna, Script: &ticket.ScriptMove{Article: "leaks", Title: "It leaks", Step: "Is the tank pushed in?"}})
	s.act(ticket.Action{Kind: ticket.ActScript, Ticket: id, By: anna, Script: &ticket.ScriptMove{Article: "leaks", Ask: "Is the tank pushed in?", Answer: "Yes", Step: "Does it leak when it is cold?"}})
	s.mail("2", "Wo ist meine Rechnung?", "Ich finde sie nicht.", func(in *ticket.Inbound) { in.Channel, in.From.Value = "chat", "dora@customer.example" })
	s.deadJob(ticket.JobSend, "email.Send: invalid: 550 5.1.1 <carla@customer.example>: Recipient address rejected: User unknown")
	same := []ticket.ThreadKey{{By: "references", Key: "answer@ours"}}
	s.mail("3", "Kettle whistles", "It whistles all night. Machine order 4711.", func(in *ticket.Inbound) { in.Threads = same })
	s.mail("4", "Delivery of a filter", "Where is the filter that I ordered?", func(in *ticket.Inbound) { in.Threads = same })
	split := s.act(ticket.Action{Kind: ticket.ActSplit, Ticket: id + 2, By: anna, Seqs: []int{2}})
	s.mail("5", "Spare lid", "Is there a spare lid?", func(in *ticket.Inbound) { in.Threads = []ticket.ThreadKey{{By: "references", Key: "lid@ours"}} })
	s.mail("6", "Broken mill", "And the mill is broken.", func(in *ticket.Inbound) { in.Threads = []ticket.ThreadKey{{By: "references", Key: "lid@ours"}} })
	s.act(ticket.Action{Kind: ticket.ActMerge, Ticket: id + 2, By: anna, Other: split.ID})
	s.act(ticket.Action{Kind: ticket.ActReply, Ticket: split.ID, By: anna, Text: "It is on its way.", Wait: 10 * time.Minute})
	err := s.d.Store.Block(context.Background(), ticket.Block{Key: "domain:spam.example", Reason: "sends nothing but advertising", By: anna, At: time.Now(), Until: time.Now().Add(100 * time.Hour)})
	if err != nil {
		s.t.Fatal(err)
	}
	s.quarantine("q1", "no-headers", "This is no mail: it has no headers.")
	return id
}

// unseen are the routes that answer with a page for people and that none of the paths goes to.
func unseen(routes []route, paths []string) (left []string) {
	noPage := []string{"/live", "/text", "/html", "/image", "/raw", "/source", "/files/:n", "/slack/install"} // data, what leads elsewhere, frames and downloads
	isStatic, seen := map[string]bool{}, map[string]bool{}
	for _, r := range routes {
		isStatic[r.path] = r.method == http.MethodGet && !strings.Contains(r.path, ":")
	}
	for _, p := range paths {
		p, _, _ = strings.Cut(p, "?")
		for _, r := range routes {
			if r.path == p || !isStatic[p] && fiber.RoutePatternMatch(p, r.path) {
				seen[r.path] = true
			}
		}
	}
	for _, r := range routes {
		forPeople := strings.HasPrefix(r.path, "/console") || strings.HasPrefix(r.path, "/help") || strings.HasPrefix(r.path, "/page/") || strings.HasPrefix(r.path, "/slack/")
		data := slices.ContainsFunc(noPage, func(end string) bool { return strings.HasSuffix(r.path, end) })
		if r.method == http.MethodGet && forPeople && !data && !seen[r.path] {
			left = append(left, r.path)
		}
	}
	return left
}

func TestAPageThatNobodyLooksAtIsFound(t *testing.T) {
	t.Parallel()
	get := func(path string) route { return route{method: http.MethodGet, path: path} }
	table := []route{get("/console"), get("/console/a"), get("/console/a/new"), get("/console/a/:id"), get("/console/a/:id/raw"),
		get("/metrics"), get("/help/:id"), {method: http.MethodPost, path: "/console/b"}}
	got := unseen(table, []string{"/console", "/console/a?q=1", "/console/a/new"})
	if want := []string{"/console/a/:id", "/help/:id"}; !slices.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
}

// unmergePage makes two records of one person, and tells where that can be taken back.
func (s *site) unmergePage() string {
	s.t.Helper()
	var ids []customer.ID
	for _, value := range []string{"emil@home.example", "emil@work.example"} {
		id, err := s.store.PutCustomer(context.Background(), customer.Customer{Name: "Emil Example", Identities: []customer.Identity{{Kind: customer.Email, Value: value}}})
		if err != nil {
			s.t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := s.store.MergeCustomers(context.Background(), ids[1], ids[0], staffList()[1].Actor()); err != nil {
		s.t.Fatal(err)
	}
	return "/console/customers/" + ticketless(int64(ids[1])) + "/unmerge"
}

// slackState is the state of somebody who comes back from Slack with this browser.
func (s *site) slackState(b *peers.Browser) string {
	nonce := newID()
	peers.JS[string](b, `document.cookie = "`+s.slackCookie()+`=`+nonce+`; path=/"`)
	return sign(s.secrets.slackState, slackState{ID: hashOf(nonce), Agent: "ada", Ends: time.Now().Add(time.Minute).Unix()})
}

func TestEveryPageInABrowser(t *testing.T) {
	t.Parallel()
	b := peers.Chromium(t)
	s := start(t, func(_ *Config, d *Deps) {
		d.Ready = append(d.Ready, Probe{"slack", func(context.Context) error { return errDown{} }})
		d.Mails = mailDesk{d.Store}
		(&slackDouble{}).deps(nil, d)
		d.Links = pager.Links{Key: []byte(strings.Repeat("k", 32)), URL: "http://x.example"}
	})
	id, anna := furnish(s), staffList()[0].Actor()
	s.act(ticket.Action{Kind: ticket.ActPage, Ticket: id + 4, By: ticket.Gateway, Tier: "l2", Reason: "water in the electrics", Severity: ticket.Urgent,
		Plan: ticket.ChainPlan(time.Hour, "slack", "lea", "anna")})
	answer := s.d.Links.Make(pager.Link{Ticket: id + 4, Page: 1, Agent: "lea", Ends: time.Now().Add(time.Hour).Unix()})
	s.act(ticket.Action{Kind: ticket.ActPromise, Ticket: id, By: anna, Promise: &ticket.Promise{Kind: ticket.PromiseCallback, What: "about the seal", Due: time.Now().Add(3 * time.Hour)}})
	s.act(ticket.Action{Kind: ticket.ActInform, Ticket: id, By: anna, Reason: "They ask for you."})
	s.act(ticket.Action{Kind: ticket.ActAbuse, Ticket: id, By: anna, Rung: customer.RungWarn, Reason: "insults", Text: "Please do not insult us.", Decay: 100 * time.Hour})
	err := s.store.Quarantine(t.Context(), ticket.Quarantined{Channel: "email", External: "q2", Reason: "spam", Detail: "rspamd marked it as spam.",
		Mail: &ticket.MailSeen{Source: "imap/support", From: "eve@e.example", Subject: "Buy <now>", Size: 2300, Raw: ticket.MailSource{Packed: []byte("x")}}})
	if err != nil {
		t.Fatal(err)
	}
	link, err := s.ConsoleLink("ada", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]string{"login": "/console/login", "overview": "/console", "tickets": "/console/tickets", "ticket": "/console/tickets/" + id.String(),
		"jobs": "/console/jobs", "quarantine": "/console/quarantine", "quarantined": "/console/quarantine/1", "articles": "/console/articles?q=descale",
		"article": "/console/articles/descale", "article-internal": "/console/articles/refund-policy", "article-edit": "/console/articles/descale/edit", "article-script": "/console/articles/leaks/edit", "article-new": "/console/articles/new",
		"customers": "/console/customers", "customer": "/console/customers/1", "customer-merge": "/console/customers/2/merge?of=1", "blocks": "/console/blocks", "ticket-merged": "/console/tickets/" + (id + 2).String(), "ticket-split": "/console/tickets/" + (id + 3).String(), "ticket-proposal": "/console/tickets/" + (id + 4).String(),
		"mails": "/console/mail", "mail": "/console/mail/1", "oncall": "/console/oncall", "suppliers": "/console/suppliers", "help": "/help?lang=en", "help-search": "/help?lang=de&q=entkalken", "help-article": "/help/descale?lang=fr"}
	pages["pages"], pages["answer"], pages["ticket-paged"] = "/console/pages", strings.TrimPrefix(answer, s.d.Links.URL), pages["ticket-proposal"]
	pages["slack"], pages["slack-remove"], pages["slack-refused"] = "/console/slack", "/console/slack/T1ACME/remove", "/slack/oauth?lang=de&error=access_denied"
	pages["slack-done"] = "/slack/oauth?lang=fr&code=1"
	pages["incidents"], pages["incident"] = "/console/incidents", "/console/incidents/"+s.incident(id).String()
	jobs, err := s.store.Jobs(t.Context(), ticket.JobDead, 0, 1)
	if err != nil || len(jobs) != 1 {
		t.Fatal(jobs, err)
	}
	pages["job-drop"] = "/console/jobs/" + ticketless(jobs[0].ID) + "/drop"
	pages["team"], pages["care"], pages["oncall-l2"] = "/console/team", "/console/care", "/console/oncall?tier=l2"
	pages["customer-unmerge"] = s.unmergePage()
	for _, left := range unseen(s.routes(), slices.Collect(maps.Values(pages))) {
		t.Errorf("nobody looks at %s: add one such page to the list above", left)
	}
	b.Do(chromedp.Navigate(link))
	b.Screenshot("web-login-link")
	b.Do(chromedp.Click("button.main"))
	b.Until(`location.pathname === "/console"`)
	for _, view := range []struct {
		name          string
		width, height int64
		dark          bool
	}{{"desktop", 1280, 900, false}, {"phone", 360, 740, true}} {
		b.Do(chromedp.EmulateViewport(view.width, view.height), scheme(view.dark))
		for name, path := range pages {
			if strings.HasPrefix(path, "/slack/") {
				path += "&state=" + s.slackState(b)
			}
			b.Do(chromedp.Navigate(s.URL() + path))
			b.Until(`document.readyState === "complete"`)
			peers.JS[int64](b, `[...document.querySelectorAll(".folds>details")].map((d) => { d.open = true; }).length`)
			for _, dark := range []bool{!view.dark, view.dark} {
				b.Do(scheme(dark))
				for _, fault := range peers.JS[[]string](b, audit) {
					t.Errorf("%s (dark: %t) %s: %s", view.name, dark, path, fault)
				}
			}
			height := peers.JS[int64](b, "document.documentElement.scrollHeight")
			b.Do(chromedp.EmulateViewport(view.width, max(view.height, min(height, 2600))))
			b.Screenshot("web-" + name + "-" + view.name)
			b.Do(chromedp.EmulateViewport(view.width, view.height))
		}
	}
	b.NoProblems()
}

func TestAnEditorsDayInABrowser(t *testing.T) {
	t.Parallel()
	b := peers.Chromium(t)
	s := start(t)
	id := furnish(s)
	link, err := s.ConsoleLink("lea", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	b.Do(chromedp.Navigate(link), chromedp.Click("button.main"))
	b.Until(`location.pathname === "/console"`)

	// Edit an article, with a preview, by keyboard and mouse.
	b.Do(chromedp.Click(`nav a[href="/console/articles"]`))
	b.Until(`location.pathname === "/console/articles"`)
	b.Do(chromedp.Click(`main a[href="/console/articles/descale"]`))
	b.Until(`location.pathname === "/console/articles/descale"`)
	b.Do(chromedp.Click(`main a[href$="/edit"]`))
	b.Until(`document.querySelector("#e-title")`)
	b.Do(chromedp.Clear("#e-title"), chromedp.SendKeys("#e-title", "Descaling, rewritten"), chromedp.SendKeys("#e-body", "\n\nAnd **rinse** twice."))
	b.Do(chromedp.Click(`button[value=preview]`))
	b.Until(`[...document.querySelectorAll(".card strong")].some((e) => e.textContent === "rinse")`)
	b.Do(chromedp.Click(`button[value=save]`))
	b.Until(`document.querySelector("[role=status]") && document.querySelector("h1").textContent === "Descaling, rewritten"`)
	if a, err := s.store.Article(t.Context(), "descale"); err != nil || a.Rev != 2 || !strings.Contains(a.Body, "rinse") || strings.Contains(a.Body, "\r") {
		t.Errorf("saved: %+v %v", a, err)
	}

	// Write on at a script: what is wrong is said at once, and it is played through with what is not saved yet.
	b.Do(chromedp.Navigate(s.URL() + "/console/articles/leaks/edit"))
	b.Until(`document.querySelector("#play")?.textContent.includes("2 steps, each reached")`)
	peers.JS[bool](b, fmt.Sprintf(`(() => { const e = document.querySelector("#e-body"); e.value += %q; e.dispatchEvent(new Event("input", {bubbles: true})); return true; })()`,
		"\n## Is it new?\n- Yes → done\n- No → Is it new?\n"))
	b.Until(`document.querySelector("#play [role=status]").textContent.includes("nothing leads to")`)
	b.Do(chromedp.Focus("#play-0"), chromedp.KeyEvent("\r"))
	b.Until(`document.querySelector("#play ol")?.textContent.includes("Is the tank pushed in? Yes") && document.querySelector("#e-body").value.includes("Is it new?")`)
	b.Do(chromedp.Focus("#play-1"), chromedp.KeyEvent("\r"))
	b.Until(`document.querySelector("#play").textContent.includes("nothing has helped")`)

	// Retry a dead job.
	b.Do(chromedp.Click(`nav a[href="/console/jobs"]`))
	b.Until(`location.pathname === "/console/jobs"`)
	b.Do(chromedp.Click(`form[action$="/retry"] button`))
	b.Until(`document.body.textContent.includes("will be tried again")`)
	if _, jobs, err := s.store.Counts(t.Context()); err != nil || jobs.In(ticket.JobDead) != 0 {
		t.Errorf("jobs: %v %v", jobs, err)
	}

	// A message that comes in shows without a reload, and what is being written stays.
	b.Do(chromedp.Navigate(s.URL()+"/console/tickets/"+id.String()), chromedp.SendKeys("#a-text", "half a sent"))
	b.Until(`document.querySelectorAll(".talk > li").length === 3`)
	s.mail("9", "Re: leaks", "It still leaks after drying the seal.", func(in *ticket.Inbound) {
		in.Threads = []ticket.ThreadKey{{By: "test", Ticket: id, Proof: true}}
	})
	b.Until(`document.querySelectorAll(".talk > li").length === 4 && document.querySelector(".talk").textContent.includes("still leaks")`)
	if typed := peers.JS[string](b, `document.querySelector("#a-text").value`); typed != "half a sent" {
		t.Errorf("what was typed is now %q", typed)
	}
	// Opening the mail as it was laid out loads it in the sandbox.
	b.Do(chromedp.Focus("details.html summary"), chromedp.KeyEvent("\r")) // the page may still move below a mouse
	b.Until(`document.querySelector("iframe").contentDocument === null`)  // another origin, as a sandbox is
	b.NoProblems()

	b.Do(chromedp.Click(".who button"))
	b.Until(`location.pathname === "/console/login"`)
	b.Do(chromedp.Navigate(fmt.Sprintf("%s/console/tickets/%s", s.URL(), id)))
	b.Until(`location.pathname === "/console/login"`)
}

// The calendar of who is on call, with a gap, a request and changes, at both widths; and by keyboard.
func TestTheOnCallPageInABrowser(t *testing.T) {
	t.Parallel()
	b := peers.Chromium(t)
	s, first := rota(t)
	desk, anna, lea := s.d.Backend, staffList()[0], staffList()[1]
	day := func(n int) time.Time { return midnight(first.AddDate(0, 0, n)) }
	for _, x := range []struct {
		by ticket.Agent
		c  ticket.RosterChange
	}{
		{anna, ticket.RosterChange{Kind: ticket.RosterSwap, Tier: "l2", Person: "anna", With: "lea", From: day(4), To: day(5), BackFrom: day(5), BackTo: day(6), Reason: "Concert"}},
		{lea, ticket.RosterChange{Kind: ticket.RosterTemporary, Tier: "l2", From: day(8), To: day(9), Shifts: []ticket.RosterShift{{Person: "anna", From: day(8), To: day(8).Add(14 * time.Hour)}}}},
		{lea, ticket.RosterChange{Kind: ticket.RosterOverride, Tier: "l2", Person: "anna", With: "lea", From: day(2).Add(8 * time.Hour), To: day(2).Add(12 * time.Hour), Reason: "Dentist"}},
	} {
		if _, err := desk.ActRoster(t.Context(), x.by, ticket.RosterAction{Change: x.c}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.store.PutFeed(t.Context(), ticket.RosterFeed{Agent: "lea", Tier: "l2"}); err != nil {
		t.Fatal(err)
	}
	link, err := s.ConsoleLink("lea", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	b.Do(chromedp.Navigate(link), chromedp.Click("button.main"))
	b.Until(`location.pathname === "/console"`)
	for _, view := range []struct {
		name          string
		width, height int64
		dark          bool
	}{{"desktop", 1280, 900, false}, {"phone", 360, 740, true}} {
		b.Do(chromedp.EmulateViewport(view.width, view.height), scheme(view.dark), chromedp.Navigate(s.URL()+"/console/oncall?tier=l2"))
		b.Until(`document.readyState === "complete"`)
		peers.JS[bool](b, `(document.querySelectorAll("details").forEach((d) => { d.open = true; }), true)`)
		for _, fault := range peers.JS[[]string](b, audit) {
			t.Errorf("%s: %s", view.name, fault)
		}
		if wide := peers.JS[int64](b, "document.documentElement.scrollWidth"); wide > view.width {
			t.Errorf("%s: the page is %d wide", view.name, wide)
		}
		height := peers.JS[int64](b, "document.documentElement.scrollHeight")
		b.Do(chromedp.EmulateViewport(view.width, max(view.height, min(height, 4000))))
		b.Screenshot("web-oncall-calendar-" + view.name)
	}
	// By keyboard: Lea agrees.
	b.Do(chromedp.Focus(`button[value="agree"]`), chromedp.KeyEvent("\r"))
	b.Until(`document.body.innerText.includes("Anna Agent and Lea Lead swap") && !document.querySelector("button[value=agree]")`)
	b.NoProblems()
}
