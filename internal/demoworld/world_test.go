package demoworld

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	netsmtp "net/smtp"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-smtp"
)

const patience = time.Minute

func ctxOf(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// taken is a mail that the gateway's place took.
type taken struct {
	from string
	to   []string
	raw  []byte
}

// gateway is an SMTP server where the gateway's would be; refuse turns mails away.
type gateway struct {
	mails  chan taken
	refuse bool
}

type gwSession struct {
	g *gateway
	m taken
}

func (s *gwSession) Reset()                                   { s.m = taken{} }
func (s *gwSession) Logout() error                            { return nil }
func (s *gwSession) Mail(f string, _ *smtp.MailOptions) error { s.m.from = f; return nil }
func (s *gwSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.g.refuse {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such box here"}
	}
	s.m.to = append(s.m.to, to)
	return nil
}
func (s *gwSession) Data(r io.Reader) error {
	s.m.raw, _ = io.ReadAll(r)
	s.g.mails <- s.m
	return nil
}

func (g *gateway) start(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &gwSession{g: g}, nil }))
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return l.Addr().String()
}

// run starts a world around the gateway places given.
func run(t *testing.T, l Links) *World {
	t.Helper()
	w, err := New(Config{SupportAddress: "help@shop.example", Links: l})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(patience):
			t.Error("Run does not end")
		}
	})
	return w
}

func post(t *testing.T, url string, body any, header ...string) (int, map[string]any) {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(ctxOf(t), http.MethodPost, url, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var out map[string]any
	_ = json.NewDecoder(res.Body).Decode(&out)
	return res.StatusCode, out
}

func TestMailWrittenInThePageArrivesAsMIME(t *testing.T) {
	t.Parallel()
	g := &gateway{mails: make(chan taken, 2)}
	w := run(t, Links{SMTPAddr: g.start(t)})
	status, sent := post(t, w.URL()+"/api/mails", map[string]string{"from": "amelie@lumiere.example", "to": "help@shop.example",
		"subject": "Détartrage – urgent", "text": "Bonjour,\n.une ligne\nMerci – Amélie"})
	if status != http.StatusCreated {
		t.Fatal(status, sent)
	}
	m := <-g.mails
	if m.from != "amelie@lumiere.example" || len(m.to) != 1 || m.to[0] != "help@shop.example" {
		t.Errorf("envelope: %q %q", m.from, m.to)
	}
	r, err := mail.CreateReader(bytes.NewReader(m.raw))
	if err != nil {
		t.Fatal(err)
	}
	subject, _ := r.Header.Subject()
	id, _ := r.Header.MessageID()
	from, _ := r.Header.AddressList("From")
	date, _ := r.Header.Date()
	if subject != "Détartrage – urgent" || id == "" || id != sent["message_id"] || date.IsZero() ||
		len(from) != 1 || from[0].Name != "Amélie Durand" {
		t.Errorf("header: %q %q %v %v", subject, id, from, date)
	}
	p, err := r.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(p.Body)
	if got := strings.TrimSpace(string(text)); got != "Bonjour,\r\n.une ligne\r\nMerci – Amélie" {
		t.Errorf("text: %q", got)
	}
	for _, b := range m.raw {
		if b >= 0x80 {
			t.Fatal("the mail is not 7-bit clean")
		}
	}
	if list := w.Mails("Amelie@Lumiere.example"); len(list) != 1 || !list[0].Sent {
		t.Errorf("no copy of the sent mail: %+v", list)
	}
}

func TestAnswerThreads(t *testing.T) {
	t.Parallel()
	g := &gateway{mails: make(chan taken, 2)}
	w := run(t, Links{SMTPAddr: g.start(t)})
	ctx := ctxOf(t)
	first, err := w.SendMail(ctx, "Joe Miller <joe.miller@example.com>", "", "Grinder hums", "It hums.", "")
	if err != nil {
		t.Fatal(err)
	}
	if m := <-g.mails; m.to[0] != "help@shop.example" {
		t.Errorf("to %q", m.to)
	}
	deliver(t, w, "joe.miller@example.com", "From: Help <help@shop.example>\r\nTo: joe.miller@example.com\r\nSubject: Re: Grinder hums\r\n"+
		"Message-ID: <answer@gw.example>\r\nIn-Reply-To: <"+first+">\r\nReferences: <"+first+">\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nClean it.\r\n")
	got, err := w.WaitMail(ctx, "joe.miller@example.com", func(m Mail) bool { return m.InReplyTo == first })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.SendMail(ctx, "joe.miller@example.com", "help@shop.example", "Re: Grinder hums", "I did.", got.MessageID); err != nil {
		t.Fatal(err)
	}
	m := <-g.mails
	r, err := mail.CreateReader(bytes.NewReader(m.raw))
	if err != nil {
		t.Fatal(err)
	}
	refs, _ := r.Header.MsgIDList("References")
	reply, _ := r.Header.MsgIDList("In-Reply-To")
	if fmt.Sprint(refs) != fmt.Sprint([]string{first, "answer@gw.example"}) || fmt.Sprint(reply) != "[answer@gw.example]" {
		t.Errorf("References %v, In-Reply-To %v", refs, reply)
	}
}

func deliver(t *testing.T, w *World, to, raw string) {
	t.Helper()
	if err := netsmtp.SendMail(w.MailAddr(), nil, "bounce@gw.example", []string{to}, []byte(raw)); err != nil {
		t.Fatal(err)
	}
}

func TestDeliveredMailIsShownAsText(t *testing.T) {
	t.Parallel()
	w := run(t, Links{})
	cases := []struct{ name, raw, want string }{
		{"html only", "Subject: x\r\nContent-Type: text/html; charset=iso-8859-1\r\n\r\n<style>p{}</style><p>Gr\xfc\xdfe &amp; <b>Dank</b></p><script>alert(1)</script><img src=x onerror=alert(2)>end",
			"Grüße & Dank \nend"},
		{"alternative", "Subject: x\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nplain\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>html</p>\r\n--b--\r\n", "plain"},
		{"unknown charset", "Subject: x\r\nContent-Type: text/plain; charset=klingon\r\n\r\nqapla", "qapla"},
		{"no header at all", "just words\r\n", "just words"},
	}
	for i, c := range cases {
		to := fmt.Sprintf("box%d@example.com", i)
		deliver(t, w, to, c.raw)
		m, err := w.WaitMail(ctxOf(t), to, nil)
		if err != nil {
			t.Fatal(c.name, err)
		}
		if strings.TrimSpace(m.Text) != c.want {
			t.Errorf("%s: %q, want %q", c.name, m.Text, c.want)
		}
	}
}

func TestAttachmentsAreNamed(t *testing.T) {
	t.Parallel()
	m := parse([]byte("Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nsee file\r\n--b\r\n" +
		"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"a.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\nSGVsbG8=\r\n--b--\r\n"))
	if m.Text != "see file" || len(m.Attachments) != 1 || m.Attachments[0] != (Attachment{"a.pdf", "application/pdf", 5}) {
		t.Errorf("%+v", m)
	}
}

func TestStreamTellsOfMail(t *testing.T) {
	t.Parallel()
	w := run(t, Links{})
	req, err := http.NewRequestWithContext(ctxOf(t), http.MethodGet, w.URL()+"/api/mails/events?address=a@example.com", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	expect := func(want string) {
		t.Helper()
		buf := make([]byte, len(want))
		if _, err := io.ReadFull(res.Body, buf); err != nil || string(buf) != want {
			t.Fatalf("%q, %v; want %q", buf, err, want)
		}
	}
	expect("data: open\n\n")
	deliver(t, w, "b@example.com", "Subject: other\r\n\r\nnot for a\r\n")
	deliver(t, w, "A@example.com", "Subject: x\r\n\r\nhello\r\n")
	expect("data: mail\n\n")
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	g := &gateway{mails: make(chan taken, 1), refuse: true}
	w := run(t, Links{SMTPAddr: g.start(t)})
	mailTo := w.URL() + "/api/mails"
	good := map[string]string{"from": "clara@seeblick.example", "to": "", "subject": "s", "text": "t"}
	with := func(k, v string) map[string]string {
		m := map[string]string{}
		for a, b := range good {
			m[a] = b
		}
		m[k] = v
		return m
	}
	for _, c := range []struct {
		name   string
		body   map[string]string
		header []string
		status int
		says   string
	}{
		{"a stranger", with("from", "eve@example.com"), nil, 403, "nobody"},
		{"no text", with("text", " \n"), nil, 422, "text"},
		{"two recipients by a line break", with("to", "a@b.example\r\nBcc: c@d.example"), nil, 422, "recipient"},
		{"a header by the subject", with("subject", "x\r\nBcc: c@d.example"), nil, 422, "subject"},
		{"too long", with("text", strings.Repeat("x", 300<<10)), nil, 413, "too long"},
		{"another site", good, []string{"Sec-Fetch-Site", "cross-site"}, 403, "own pages"},
		{"a form", good, []string{"Content-Type", "text/plain"}, 415, "JSON"},
		{"the gateway says no", good, nil, 502, "no such box here"},
	} {
		status, out := post(t, mailTo, c.body, c.header...)
		if text, _ := out["error"].(string); status != c.status || !strings.Contains(text, c.says) {
			t.Errorf("%s: %d %v", c.name, status, out)
		}
	}
	if list := w.Mails("clara@seeblick.example"); len(list) != 0 {
		t.Errorf("a mail that was not sent is in the box: %v", list)
	}
}

func TestGatewayThatIsGone(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := l.Addr().String()
	_ = l.Close()
	w := run(t, Links{SMTPAddr: gone, GatewayURL: "http://" + gone, APIKey: "key-1"})
	if _, err := w.SendMail(ctxOf(t), "a@example.com", "", "s", "t", ""); err == nil {
		t.Error("no error")
	}
	status, out := post(t, w.URL()+"/api/calls", map[string]string{"type": "text/vtt", "body": "WEBVTT"})
	if status != http.StatusBadGateway || strings.Contains(fmt.Sprint(out), "key-1") {
		t.Error(status, out)
	}
}

func TestBoxesAreBounded(t *testing.T) {
	t.Parallel()
	b := newBoxes()
	for i := range maxMails + 50 {
		b.put(Mail{Box: fmt.Sprintf("b%d@example.com", i%7), Text: "x"})
	}
	if len(b.mails) != maxMails || b.mails[0].ID != 51 {
		t.Errorf("%d mails, oldest %d", len(b.mails), b.mails[0].ID)
	}
	for range 40 {
		b.put(Mail{Box: "big@example.com", Raw: make([]byte, maxRaw)})
	}
	if b.bytes > maxBytes || len(b.mails) == 0 {
		t.Errorf("%d bytes in %d mails", b.bytes, len(b.mails))
	}
	sum := 0
	for _, m := range b.mails {
		sum += m.size()
	}
	if sum != b.bytes {
		t.Errorf("counted %d bytes, hold %d", b.bytes, sum)
	}
}

func TestTooManyWatchers(t *testing.T) {
	t.Parallel()
	b := newBoxes()
	var stops []func()
	for range watchers {
		_, stop, ok := b.follow("a@example.com")
		if !ok {
			t.Fatal("refused too early")
		}
		stops = append(stops, stop)
	}
	if _, _, ok := b.follow("a@example.com"); ok {
		t.Error("one too many")
	}
	stops[0]()
	if _, _, ok := b.follow("a@example.com"); !ok {
		t.Error("a place that is free again is not given")
	}
}

func TestCallIsPostedWithTheKey(t *testing.T) {
	t.Parallel()
	type seen struct{ key, kind, body string }
	posted := make(chan seen, 4)
	api := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		posted <- seen{r.Header.Get("Authorization"), r.Header.Get("Content-Type"), string(b)}
		if strings.Contains(string(b), "bad") {
			answer(rw, 422, map[string]string{"detail": "turns: missing"})
			return
		}
		answer(rw, 201, map[string]any{"ticket": "T-7", "seq": 1, "duplicate": false})
	}))
	t.Cleanup(api.Close)
	w := run(t, Links{GatewayURL: api.URL, APIKey: "secret-key"})
	status, out := post(t, w.URL()+"/api/calls", map[string]string{"type": "text/vtt", "body": "WEBVTT\n"})
	if s := <-posted; status != 201 || out["ticket"] != "T-7" || s != (seen{"Bearer secret-key", "text/vtt", "WEBVTT\n"}) {
		t.Error(status, out, s)
	}
	status, out = post(t, w.URL()+"/api/calls", map[string]string{"type": "application/json", "body": `{"bad":1}`})
	if status != 422 || out["error"] != "turns: missing" {
		t.Error(status, out)
	}
	if status, _ = post(t, w.URL()+"/api/calls", map[string]string{"body": " "}); status != 422 {
		t.Error("an empty call:", status)
	}
}

func TestPagesAreWholeAndKeepTheKey(t *testing.T) {
	t.Parallel()
	w := run(t, Links{GatewayURL: "http://127.0.0.1:7000/", APIKey: "secret-key", SMTPAddr: "127.0.0.1:2525",
		SlackURL: "http://127.0.0.1:7001/", ConsoleURL: "http://127.0.0.1:7000/console"})
	for path, want := range map[string]string{
		"/": `href="http://127.0.0.1:7001/"`, "/shop": `<script src="http://127.0.0.1:7000/widget.js" data-inbox="shop" async></script>`,
		"/mail": `data-support="help@shop.example"`, "/phone": `data-slack="http://127.0.0.1:7001/"`,
		"/api/samples": `"call_id\": \"demo-`, "/assets/mail.js": "EventSource", "/assets/style.css": "prefers-color-scheme",
	} {
		res, err := http.Get(w.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != 200 || !strings.Contains(string(b), want) {
			t.Errorf("%s: %d, without %s", path, res.StatusCode, want)
		}
		if strings.Contains(string(b), "secret-key") {
			t.Errorf("%s gives the key away", path)
		}
		if res.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s has no policy", path)
		}
	}
}

func TestSampleCallsAreNewEachTime(t *testing.T) {
	t.Parallel()
	w := &World{}
	a, b := w.sampleCalls(), w.sampleCalls()
	for i := range a {
		if a[i].Body == b[i].Body || strings.Contains(a[i].Body, "CALL-ID") {
			t.Errorf("%s: no id of its own", a[i].Title)
		}
		if a[i].Type == "application/json" && !json.Valid([]byte(a[i].Body)) {
			t.Errorf("%s: no JSON", a[i].Title)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("Subject: x\r\nContent-Type: text/html\r\n\r\n<p>a<br>b"))
	f.Add([]byte("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--"))
	f.Add([]byte("\xff\xfe no header"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := parse(raw)
		if len(m.Text) > 3*maxText {
			t.Errorf("%d bytes of text", len(m.Text))
		}
	})
}
