package web

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"tierline/kb"
	"tierline/ticket"
)

const hostile = `<script>alert(1)</script><style>body{background:url(https://evil.example/t)}</style>
<img src="https://evil.example/pixel.png" onerror="alert(2)"><p style="background:url(//evil.example/x)" onclick="alert(3)">Hello <b>there</b></p>
<a href="javascript:alert(4)">bad</a><a href="https://shop.example/x">good</a><form action="https://evil.example"><input name="password"></form>
<iframe src="https://evil.example"></iframe><svg onload="alert(5)"></svg><link rel="stylesheet" href="https://evil.example/c.css"><meta http-equiv="refresh" content="0;url=https://evil.example"><base href="https://evil.example">`

func TestPageOfATicket(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.mail("0", "An older case", "It was broken before.")
	id := s.mail("1", `Subject <script>alert("s")</script>`, "Text <img src=x onerror=alert(1)>", func(in *ticket.Inbound) {
		in.Found = []ticket.Finding{{Kind: ticket.FoundPhone, Value: "+4930123456"}, {Kind: ticket.FoundOrder, Value: "A-<4711>"}}
		in.HTML, in.Folded, in.Warnings, in.Units = hostile, "> quoted <b>", []string{"The sender could not be verified."}, []string{"SN-42"}
		in.Attachments = []ticket.Attachment{{Name: "../../evil\r\nX: y\".html", Type: "text/html", Size: 25, SHA256: s.put("<script>alert(6)</script>")}}
	})
	s.act(ticket.Action{Kind: ticket.ActRoute, Ticket: id, By: ticket.Gateway, Decision: &ticket.Decision{Tier: "l1",
		Reasons:     []string{"Rule everything <i>"},
		Suggestions: []ticket.Suggestion{{Article: "pump", Title: "Pump <u>", Score: 0.83, Why: []string{"the words"}}}}})
	v := s.signedIn("anna")
	path := "/console/tickets/" + id.String()
	body := v.page(path)
	mustHave(t, body, "Subject &lt;script&gt;", "Text &lt;img src=x", "&gt; quoted", "The sender could not be verified.", "SN-42",
		"Rule everything &lt;i&gt;", "Pump &lt;u&gt;", "83 %", "An older case", "Carla Customer", "carla@customer.example", "Level 1", "Raw facts",
		`href="tel:&#43;4930123456"`, "A-&lt;4711&gt;")
	mustNotHave(t, body, "<script>alert", "evil.example\"", "onerror=\"", hostile[:20])

	frame := v.get(path + "/messages/1/html")
	mustHave(t, frame.body, "Hello <b>there</b>", `href="https://shop.example/x"`, "noreferrer")
	mustNotHave(t, frame.body, "alert(", "evil.example", "<form", "<input", "<iframe", "<svg", "<img src", "position", "<meta http", "<base", "javascript:")
	mustHave(t, frame.body, "5 things from elsewhere")
	csp := frame.Header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "sandbox") || !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "script") || !strings.Contains(csp, "img-src data:;") {
		t.Errorf("the policy of the frame: %s", csp)
	}
	file := v.get(path + "/messages/1/files/1")
	disposition := file.Header.Get("Content-Disposition")
	if !strings.HasPrefix(disposition, "attachment;") || strings.ContainsAny(disposition, "/\r\n") || file.Header.Get("X") != "" ||
		file.Header.Get("Content-Type") != "application/octet-stream" || file.body != "<script>alert(6)</script>" {
		t.Errorf("the attachment: %v %q", file.Header, file.body)
	}
	for _, p := range []string{path + "/messages/9/html", path + "/messages/1/files/2", "/console/tickets/T-9999", "/console/tickets/x"} {
		if got := v.get(p); got.StatusCode != 404 || !strings.Contains(got.body, "<main") {
			t.Errorf("%s: %d", p, got.StatusCode)
		}
	}
}

// What came with a mail is shown in it; what is no picture, or not the mail's, is not.
func TestPicturesWithinAMail(t *testing.T) {
	t.Parallel()
	s := start(t)
	const gif = "GIF89a\x01\x00\x01\x00"
	id := s.mail("1", "A picture", "Look", func(in *ticket.Inbound) {
		in.HTML = `<p style="color: green">Look: <img src="CID:Pump%40x" alt="The pump"><img src="cid:page@x" alt="A page"><img src="cid:none@x" alt="Nothing"></p>`
		in.Attachments = []ticket.Attachment{
			{Name: "pump.gif", Type: "image/gif", Size: int64(len(gif)), SHA256: s.put(gif), Inline: true, ContentID: "pump@X"},
			{Name: "page.gif", Type: "image/gif", Size: 15, SHA256: s.put("<svg onload=x()>"), Inline: true, ContentID: "page@x"}}
	})
	body := s.signedIn("anna").get("/console/tickets/" + id.String() + "/messages/1/html").body
	mustHave(t, body, `<img alt="The pump" src="data:image/gif;base64,R0lGODlhAQABAA=="/>`, `<img alt="A page"/>`, `<img alt="Nothing"/>`, `style="color: green"`)
	mustNotHave(t, body, "onload", "cid:", "from elsewhere")
}

func TestLongMessagesAreCut(t *testing.T) {
	t.Parallel()
	s := start(t)
	long := strings.Repeat("ä", 20_000) + " the end"
	id := s.mail("1", "x", long, func(in *ticket.Inbound) { in.Folded = "quoted" })
	path := "/console/tickets/" + id.String()
	v := s.signedIn("anna")
	body := v.page(path)
	mustHave(t, body, "messages/1/text")
	if strings.Contains(body, "the end") || strings.Contains(body, "\uFFFD") {
		t.Error("the page shows all of it, or half a letter")
	}
	got := v.get(path + "/messages/1/text")
	if got.body != long+"\n\nquoted" || !strings.HasPrefix(got.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("%d bytes, %v", len(got.body), got.Header)
	}
}

func TestActingFromTheConsole(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.mail("1", "Help", "Please.")
	path := "/console/tickets/" + id.String()
	v := s.signedIn("anna")
	rev := func(body string) string {
		return regexp.MustCompile(`name="rev" value="(\d+)"`).FindStringSubmatch(body)[1]
	}
	first := rev(v.page(path))
	form := url.Values{"do": {"reply"}, "text": {"Try **this**."}, "rev": {first}, "key": {"k1"}}
	for range 2 { // a double click is one answer
		if got := v.post(path, path, form); got.StatusCode != 303 {
			t.Fatalf("%d %s", got.StatusCode, got.body)
		}
	}
	mustHave(t, v.page(path), "<strong>this</strong>", "on its way")
	if msgs, err := s.store.Messages(context.Background(), id, 0, 9); err != nil || len(msgs) != 2 {
		t.Errorf("%d messages, %v", len(msgs), err)
	}
	got := v.post(path, path, url.Values{"do": {"note"}, "text": {"What I had written"}, "rev": {first}, "key": {"k2"}})
	if got.StatusCode != 409 {
		t.Errorf("a stale form: %d", got.StatusCode)
	}
	mustHave(t, got.body, "has changed since", "What I had written")
	for _, bad := range []url.Values{{"do": {"delivered"}, "key": {"k"}}, {"do": {"note"}, "key": {"a b"}}, {}} {
		if got := v.post(path, path, bad); got.StatusCode != 400 {
			t.Errorf("%v: %d", bad, got.StatusCode)
		}
	}
	ed := s.signedIn("ed")
	mustNotHave(t, ed.page(path), "<textarea")
	if got := ed.post(path, path, form); got.StatusCode != 403 {
		t.Errorf("an editor answers: %d", got.StatusCode)
	}
}

func TestTicketListFiltersAndSearches(t *testing.T) {
	t.Parallel()
	s := start(t)
	a := s.mail("1", "Alpha machine", "x")
	b := s.mail("2", "Beta grinder", "x", func(in *ticket.Inbound) { in.Channel, in.Units = "chat", []string{"SN-7"} })
	s.act(ticket.Action{Kind: ticket.ActTake, Ticket: b, By: staffList()[0].Actor()})
	v := s.signedIn("anna")
	for q, want := range map[string][2]bool{
		"": {true, true}, "?text=alpha": {true, false}, "?channel=chat": {false, true}, "?owner=anna": {false, true},
		"?unowned=true": {true, false}, "?unit=sn-7": {false, true}, "?state=new": {true, false}, "?state=new,open": {true, true},
		"?limit=1": {false, true}, "?after=" + b.String(): {true, false}, "?tier=l2": {false, false},
	} {
		body := v.page("/console/tickets" + q)
		if got := [2]bool{strings.Contains(body, "Alpha machine"), strings.Contains(body, "Beta grinder")}; got != want {
			t.Errorf("%s shows %v, want %v", q, got, want)
		}
	}
	mustHave(t, v.page("/console/tickets?limit=1&state=new,open"), "after="+b.String())
	if got := v.get("/console/tickets?text=" + a.String()); got.Header.Get("Location") != "/console/tickets/"+a.String() {
		t.Errorf("a number leads to %q", got.Header.Get("Location"))
	}
	if got := v.get("/console/tickets?after=x"); got.StatusCode != 400 {
		t.Errorf("a bad filter: %d", got.StatusCode)
	}
}

func TestDeadJobsInTheConsole(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.mail("1", "Help", "x")
	job := s.deadJob(ticket.JobRoute, "the <b>engine</b> is off")
	path := "/console/jobs/" + ticketless(job.ID)
	v := s.signedIn("lea")
	mustHave(t, v.page("/console/jobs"), "the &lt;b&gt;engine", id.String(), "Retry")
	mustHave(t, v.page("/console"), "the &lt;b&gt;engine")
	mustNotHave(t, s.signedIn("anna").page("/console/jobs"), "Retry")
	if got := v.post("/console/jobs", path+"/retry", nil); got.StatusCode != 303 {
		t.Fatalf("%d", got.StatusCode)
	}
	mustHave(t, v.page("/console/jobs?done=retried"), "No dead jobs", "will be tried again")
	mustHave(t, v.page("/console/jobs?state=ready"), "route")
	if got := v.get(path + "/drop"); got.StatusCode != 404 {
		t.Errorf("a job that is not dead: %d", got.StatusCode)
	}
	s.deadJob(ticket.JobRoute, "again")
	mustHave(t, v.page(path+"/drop"), "cannot be undone", "Drop it")
	if got := v.post(path+"/drop", path+"/drop", nil); got.StatusCode != 303 {
		t.Fatalf("%d", got.StatusCode)
	}
	if got := v.post("/console", path+"/drop", nil); got.StatusCode != 404 {
		t.Errorf("dropped twice: %d", got.StatusCode)
	}
	mustHave(t, v.page("/console/tickets/"+id.String()), "Lea Lead") // who dropped it stands in the history
}

func TestQuarantineInTheConsole(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.quarantine("a", "no-headers", "This is <no> mail.")
	s.quarantine("b", "too-large", "Another.")
	v := s.signedIn("anna")
	mustHave(t, v.page("/console/quarantine"), "This is &lt;no&gt; mail.", "no-headers", "Another.")
	list, err := s.store.Quarantines(context.Background(), 0, 9)
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	path := "/console/quarantine/" + ticketless(list[1].ID)
	body := v.page(path)
	mustHave(t, body, "This is &lt;no&gt; mail.", "&lt;script&gt;alert(1)", "\uFFFD[31mraw")
	mustNotHave(t, body, "<script>alert", "\x1b", "\x00")
	raw := v.get(path + "/raw")
	if !strings.HasPrefix(raw.Header.Get("Content-Type"), "text/plain") || !strings.HasPrefix(raw.Header.Get("Content-Disposition"), "attachment") ||
		!strings.HasPrefix(raw.body, "From: nobody\r\n\x00\x1b[31mraw") || !strings.Contains(raw.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%v %q", raw.Header, raw.body)
	}
	for _, p := range []string{"/console/quarantine/999", "/console/quarantine/x", "/console/quarantine/999/raw"} {
		if got := v.get(p); got.StatusCode != 404 {
			t.Errorf("%s: %d", p, got.StatusCode)
		}
	}
}

func TestArticlesInTheConsole(t *testing.T) {
	t.Parallel()
	s := start(t)
	v := s.signedIn("ed")
	form := url.Values{"id": {"pump-1"}, "title": {"The pump"}, "body": {"# Head\r\n\r\n<script>alert(1)</script>\r\n\r\n[x](javascript:alert(2)) **bold**"},
		"language": {"en"}, "audience": {"external"}, "confidence": {"not_validated"}, "tags": {"a, b ,,c"}, "do": {"preview"}}
	got := v.post("/console/articles/new", "/console/articles/new", form)
	mustHave(t, got.body, "Preview", "<strong>bold</strong>", `value="The pump"`)
	mustNotHave(t, got.body, "<script>alert", `href="javascript`)
	if _, err := s.store.Article(context.Background(), "pump-1"); ticket.KindOf(err) != ticket.NotFound {
		t.Errorf("a preview saves: %v", err)
	}
	form.Set("do", "save")
	if got := v.post("/console/articles/new", "/console/articles/new", form); got.Header.Get("Location") != "/console/articles/pump-1?done=created" {
		t.Fatalf("%d %s", got.StatusCode, got.body)
	}
	if got := v.post("/console/articles/new", "/console/articles/new", form); got.StatusCode != 409 || !strings.Contains(got.body, "id already") {
		t.Errorf("created twice: %d", got.StatusCode)
	}
	body := v.page("/console/articles/pump-1")
	mustHave(t, body, "<strong>bold</strong>", "not validated", "Edit")
	mustNotHave(t, body, "<script>alert", `href="javascript`)
	a, err := s.store.Article(context.Background(), "pump-1")
	if err != nil || strings.Join(a.Tags, "|") != "a|b|c" || strings.Contains(a.Body, "\r") {
		t.Fatalf("%+v %v", a, err)
	}
	// Two people edit; the second sees what the first wrote, and nothing is lost.
	mine := url.Values{"title": {"Mine"}, "body": {"My text"}, "language": {"en"}, "audience": {"external"}, "confidence": {"validated"}, "rev": {"1"}}
	theirs := a
	theirs.Body = "Their text"
	s.article(theirs)
	got = v.post("/console/articles/pump-1/edit", "/console/articles/pump-1/edit", mine)
	if got.StatusCode != 409 {
		t.Fatalf("%d", got.StatusCode)
	}
	mustHave(t, got.body, "Their text", "My text", "Somebody saved", "Save over it", `name="rev" value="2"`)
	mine.Set("rev", "2")
	if got = v.post("/console/articles/pump-1/edit", "/console/articles/pump-1/edit", mine); got.StatusCode != 303 {
		t.Fatalf("%d %s", got.StatusCode, got.body)
	}
	mine.Set("title", " ")
	mine.Set("rev", "3")
	if got = v.post("/console/articles/pump-1/edit", "/console/articles/pump-1/edit", mine); got.StatusCode != 400 || !strings.Contains(got.body, "My text") {
		t.Errorf("no title: %d", got.StatusCode)
	}
	// Archiving what one has not seen is a conflict.
	if got = v.post("/console", "/console/articles/pump-1/archive", url.Values{"rev": {"1"}}); got.StatusCode != 409 {
		t.Errorf("%d", got.StatusCode)
	}
	if got = v.post("/console", "/console/articles/pump-1/archive", url.Values{"rev": {"3"}}); got.StatusCode != 303 {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	mustNotHave(t, v.page("/console/articles"), "pump-1")
	mustHave(t, v.page("/console/articles?confidence=archived"), "pump-1")
	mustNotHave(t, s.signedIn("anna").page("/console/articles/pump-1"), ">Edit<")
}

func TestSearchOfArticles(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.article(kb.Article{ID: "descale", Title: "Descaling the machine", Body: "Use citric acid to descale.", Audience: kb.Internal, Confidence: kb.Validated})
	v := s.signedIn("anna")
	mustHave(t, v.page("/console/articles?q=descale+machine"), "Found for", "Descaling the machine")
	broken := start(t, func(_ *Config, d *Deps) { d.Suggest = noSearch{} })
	broken.article(kb.Article{ID: "descale", Title: "Descaling the machine", Body: "x", Audience: kb.External, Confidence: kb.Validated})
	mustHave(t, broken.signedIn("anna").page("/console/articles?q=x"), "does not work right now", "Descaling the machine")
	mustHave(t, broken.visitor().page("/help?lang=de&q=x"), "Die Suche geht gerade nicht")
	mustHave(t, broken.visitor().page("/help?lang=en&q=x"), "Descaling the machine")
}

type noSearch struct{}

func (noSearch) Suggest(context.Context, kb.Question) (kb.Answer, error) {
	return kb.Answer{}, ticket.E("search", ticket.Transient, nil)
}

func TestWhoIsOnCall(t *testing.T) {
	t.Parallel()
	mustHave(t, start(t).signedIn("anna").page("/console/oncall"), "Level 2", "Lea Lead", "It has no schedule: nobody is rung.")
}

func TestOverviewWhileTheStoreIsDown(t *testing.T) {
	t.Parallel()
	s := start(t, func(_ *Config, d *Deps) {
		d.Ready = append(d.Ready, Probe{"slack", func(context.Context) error { return errDown{} }})
		d.Store = noCounts{d.Store}
	})
	body := s.signedIn("anna").page("/console")
	mustHave(t, body, "not all work", "dial 10.0.0.9: refused", "does not work right now")
	var got = s.visitor().get("/readyz")
	if got.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%d", got.StatusCode)
	}
	mustNotHave(t, got.body, "10.0.0.9")
}

type errDown struct{}

func (errDown) Error() string { return "dial 10.0.0.9: refused" }

// TestEditorsSeeHowMacrosFare: which nobody uses, and which say something else than people need.
func TestEditorsSeeHowMacrosFare(t *testing.T) {
	t.Parallel()
	s := start(t, func(_ *Config, d *Deps) { d.Store = someUses{d.Store} })
	for _, id := range []string{"logs", "photo", "wait", "plain"} {
		a := kb.Article{ID: id, Title: "About " + id, Body: "Hello", Language: "en", Audience: kb.External, Confidence: kb.Validated, Tags: []string{"macro"}}
		if id == "plain" {
			a.Tags = nil
		}
		s.article(a)
	}
	v := s.signedIn("ed")
	logs, photo := "Macro, used 8 times, last on 2 Mar 2026; people write 12 % of it anew.", "Macro, used once, on 2 Mar 2026; people write 55 % of it anew: it may not say what they need."
	mustHave(t, v.page("/console/articles"), logs, photo, "Macro, never used yet.")
	mustHave(t, v.page("/console/articles/logs"), logs)
	mustHave(t, v.page("/console/articles/wait"), "Macro, never used yet.")
	mustNotHave(t, v.page("/console/articles/plain"), "Macro,")
}

type someUses struct{ ticket.Store }

func (someUses) MacroUses(context.Context) ([]ticket.MacroUse, error) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	return []ticket.MacroUse{{Article: "logs", Uses: 8, Changed: 100, Last: at}, {Article: "photo", Uses: 1, Changed: 55, Last: at}, {Article: "gone", Uses: 3, Last: at}}, nil
}

type noCounts struct{ ticket.Store }

func (noCounts) Counts(context.Context) (map[ticket.State]int64, ticket.JobCounts, error) {
	return nil, nil, ticket.E("store", ticket.Transient, nil)
}
