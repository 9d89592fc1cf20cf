package phone

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/channels/channeltest"
	"tierline/config/check"
	"tierline/customer"
	"tierline/ticket"
)

// server is a phone behind a real listener.
type server struct {
	*Phone
	url string
}

func serve(t testing.TB, cfg Config, w channeltest.World) *server {
	t.Helper()
	p, err := New(cfg, Deps{Blobs: w.Blobs, Now: func() time.Time { return channeltest.At }, Log: w.Log})
	if err != nil {
		t.Fatal(err)
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true, BodyLimit: MaxBody + 1024})
	p.Mount(app.Group("/api/v1"))
	return &server{p, "http://" + channeltest.Listen(t, app) + "/api/v1/calls"}
}

// post returns the status and the body.
func (s *server) post(ctx context.Context, query, contentType, body string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+query, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", contentType)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	return res.StatusCode, string(answer), err
}

func (s *server) must(ctx context.Context, contentType, body string) error {
	status, answer, err := s.post(ctx, "", contentType, body)
	if err == nil && status/100 != 2 {
		err = fmt.Errorf("%d: %s", status, answer)
	}
	return err
}

func callJSON(id, text string) string {
	b, _ := json.Marshal(map[string]any{"call_id": id, "from": "030 901820", "to": "+49 89 1234567", "turns": []map[string]any{
		{"role": "agent", "start_ms": 0, "end_ms": 900, "text": "Good morning."},
		{"role": "customer", "start_ms": 1000, "end_ms": 2000, "text": text}}})
	return string(b)
}

func TestConformsAsSource(t *testing.T) {
	t.Parallel()
	channeltest.Source(t, channeltest.SourceHarness{Longest: 15_000, Start: func(t testing.TB, w channeltest.World) channeltest.SourceRig {
		cfg := Config{Lines: []Line{{Number: "+49 89 1234567", Name: "munich"}}}
		s := serve(t, cfg, w)
		deliver := func(ctx context.Context, m channeltest.Message) error {
			return s.must(ctx, "application/json", callJSON(m.ID, m.Text))
		}
		bad := func(contentType, body string) func(context.Context) error {
			return func(ctx context.Context) error { return s.must(ctx, contentType, body) }
		}
		return channeltest.SourceRig{
			Source: s, Config: cfg, Channel: "phone", Inbox: "munich",
			From:    customer.Identity{Kind: customer.Phone, Value: "+4930901820"},
			Deliver: deliver, Redeliver: deliver,
			Garbage: map[string]func(context.Context) error{
				"no json":     bad("application/json", "}{"),
				"no turns":    bad("application/json", `{"call_id":"x","turns":[]}`),
				"not a call":  bad("application/json", `{"hello":"world"}`),
				"cue":         bad("text/vtt", "WEBVTT\n\n00:00 -->\nhm\n"),
				"other type":  bad("image/png", "png"),
				"not a phone": bad("application/json", strings.Replace(callJSON("c", "x"), "030 901820", "nobody", 1)),
				"not UTF-8":   bad("application/json", "{\"turns\":\"\xff\"}"),
				"too deep":    bad("application/json", strings.Repeat("[", 100_000)),
			},
			Oversize: bad("application/json", callJSON("big", strings.Repeat("long ", 10_000))),
			// Speech has no layout: what a customer said is one line.
			TextOf: func(in ticket.Inbound) string {
				said := in.Turns[len(in.Turns)-1].Text
				if strings.HasPrefix(said, "first line second line") {
					return "first line\nsecond line\n\n  fourth, indented"
				}
				return said
			},
		}
	}})
}

func TestConformsAsSender(t *testing.T) {
	t.Parallel()
	channeltest.Sender(t, channeltest.SenderHarness{Start: func(t testing.TB, w channeltest.World) channeltest.SenderRig {
		p, err := New(Config{}, Deps{Blobs: w.Blobs, Log: w.Log})
		if err != nil {
			t.Fatal(err)
		}
		out := ticket.Outbound{Ticket: ticket.Ticket{ID: 1001}, To: []customer.Identity{{Kind: customer.Phone, Value: "+4930901820"}}}
		return channeltest.SenderRig{Sender: p, Bad: map[string]ticket.Outbound{"any": out, "nobody": {}}}
	}})
}

func TestSendSaysWhomToCall(t *testing.T) {
	t.Parallel()
	p, err := New(Config{}, Deps{Blobs: channeltest.NewBlobs()})
	if err != nil {
		t.Fatal(err)
	}
	number := customer.Identity{Kind: customer.Phone, Value: "+4930901820"}
	mail := customer.Identity{Kind: customer.Email, Value: "anna@example.org"}
	hidden := customer.Identity{Kind: customer.Phone, Value: withheldNumber("c1")}
	for _, c := range []struct {
		to   []customer.Identity
		want string
	}{
		{[]customer.Identity{number}, "Call back: +4930901820."},
		{[]customer.Identity{number, mail}, "Or write to anna@example.org."},
		{[]customer.Identity{hidden, mail}, "Write to anna@example.org."},
		{[]customer.Identity{hidden}, "cannot be called back"},
	} {
		_, err := p.Send(context.Background(), ticket.Outbound{To: c.to})
		if text := ticket.Explain(err); !strings.Contains(text, c.want) || strings.Contains(text, reserved) {
			t.Errorf("Send to %v says %q, want %q", c.to, text, c.want)
		}
	}
}

func TestPost(t *testing.T) {
	t.Parallel()
	w := channeltest.NewWorld()
	s := serve(t, Config{}, w)
	ctx := context.Background()
	status, body, err := s.post(ctx, "", "application/json", callJSON("c1", "It is broken."))
	if err != nil || status != http.StatusServiceUnavailable {
		t.Fatalf("before Run: %d %s %v", status, body, err)
	}
	run, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- s.Run(run, w.Intake) }()
	channeltest.Eventually(t, "ready", func() bool { return s.Ready() == nil })
	for _, c := range []struct {
		name, query, kind, body string
		status                  int
		want                    string
	}{
		{"first", "", "application/json", callJSON("c1", "It is broken."), 201, `{"ticket":"T-1001","seq":1,"duplicate":false}`},
		{"again", "", "application/json", callJSON("c1", "It is broken."), 200, `{"ticket":"T-1001","seq":1,"duplicate":true}`},
		{"corrected", "", "application/json", callJSON("c1", "It is woken."), 201, `{"ticket":"T-1001","seq":2,"duplicate":false}`},
		{"another", "", "application/json", callJSON("c2", "It is broken."), 201, `{"ticket":"T-1002","seq":1,"duplicate":false}`},
		{"query", "?call_id=c3&from=%2B4930901820", "text/vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Anna>Hello", 201, `"T-1003"`},
		{"withheld", "?call_id=c4&from=anonymous", "text/vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Anna>Hello", 201, `"T-1004"`},
		{"sniffed", "?call_id=c5", "application/octet-stream", "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Anna>Hello", 201, `"T-1005"`},
		{"no id", "", "text/vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Anna>Hello", 422, `"where":"call_id"`},
		{"syntax", "", "application/json", "{\n\n,}", 400, `"where":"line 3"`},
		{"type", "", "application/json", `{"turns":[{"text":7}]}`, 422, `"where":"turns.text"`},
		{"range", "", "application/json", `{"turns":[{"text":"a"},{"text":"b","start_ms":5,"end_ms":4}]}`, 422, `"where":"turns[1]"`},
		{"large", "", "application/json", strings.Repeat(" ", MaxBody+1), 413, "too_large"},
	} {
		status, body, err := s.post(ctx, c.query, c.kind, c.body)
		if err != nil || status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d %s %v; want %d %s", c.name, status, body, err, c.status, c.want)
		}
	}
	if n := len(w.Intake.Quarantined()); n != 4 {
		t.Errorf("%d inputs are in quarantine, want 4", n)
	}
	hidden := w.Intake.Accepted()[4]
	if !withheld(hidden.From.Value) || len(hidden.Warnings) != 1 {
		t.Errorf("a withheld number is %+v with warnings %q", hidden.From, hidden.Warnings)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestInbound(t *testing.T) {
	t.Parallel()
	p, err := New(Config{Lines: []Line{{Number: "+49 89 1234567", Brand: "acme"}}}, Deps{Blobs: channeltest.NewBlobs()})
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse("application/json", []byte(`{"call_id":"c1","from":"sip:+49891234567@pbx.example","to":"030 901820",
		"direction":"Outbound","language":"de-DE","started_at":"2026-03-02T10:00:00+01:00","turns":[
		{"role":"customer","speaker":"Anna Schmidt","start_ms":2000,"end_ms":4000,"text":"Meine Karte ist 4111 1111-1111 1111."},
		{"role":"agent","speaker":"7","start_ms":0,"end_ms":1500,"text":"Guten Tag."},
		{"role":"agent","speaker":"7","start_ms":1500,"end_ms":2500,"text":"Hier ist  der\nSupport."}]}`))
	if err == nil {
		err = c.fill(func(string) string { return "" }, "DE")
	}
	if err != nil {
		t.Fatal(err)
	}
	in := p.inbound(&c)
	want := "Agent: Guten Tag. Hier ist der Support.\nAnna Schmidt (customer): Meine Karte ist " + cardRemoved + "."
	if in.Text != want {
		t.Errorf("text is\n%s\nwant\n%s", in.Text, want)
	}
	if in.From != (customer.Identity{Kind: customer.Phone, Value: "+4930901820", Name: "Anna Schmidt"}) ||
		in.Inbox != "+49891234567" || in.Brand != "acme" || in.Language != "de" || in.At.UTC().Hour() != 9 {
		t.Errorf("inbound is %+v", in)
	}
	if c.SilenceMS != 0 || c.OverlapMS != 500 || c.DurationMS != 4000 || c.Redacted["card"] != 1 || len(in.Warnings) != 1 {
		t.Errorf("call is %+v, warnings %q", c, in.Warnings)
	}
}

func TestRedact(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"4111111111111111":                      cardRemoved,
		"it's 5500 0000 0000 0004, ok":          "it's " + cardRemoved + ", ok",
		"378282246310005.":                      cardRemoved + ".",
		"4111111111111112":                      "4111111111111112",       // wrong check digit
		"order 1234567890123452":                "order 1234567890123452", // right one, but no issuer begins with 1
		"+4915112345678901":                     "+4915112345678901",
		"SN-004711 and 2026-03-02":              "SN-004711 and 2026-03-02",
		"4111.1111.1111.1111 5500000000000004 ": cardRemoved + " " + cardRemoved + " ",
	} {
		if got, _ := redactCards(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestMeasure(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		spans            [][2]int64
		silence, overlap int64
	}{
		{[][2]int64{{0, 10}}, 0, 0},
		{[][2]int64{{5, 10}, {12, 20}}, 2, 0},
		{[][2]int64{{0, 10}, {5, 8}, {10, 12}, {20, 20}}, 8, 3},
		{[][2]int64{{0, 10}, {0, 10}, {0, 10}}, 0, 10},
	} {
		var turns []ticket.Turn
		for _, s := range c.spans {
			turns = append(turns, ticket.Turn{StartMS: s[0], EndMS: s[1]})
		}
		if s, o := measure(turns); s != c.silence || o != c.overlap {
			t.Errorf("%v: silence %d, overlap %d; want %d, %d", c.spans, s, o, c.silence, c.overlap)
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"030 901820": "+4930901820", "+49 (0)30 901820": "+4930901820", "0049 30 901820": "+4930901820",
		"tel:+33-1-42-68-53-00": "+33142685300", "SIP:+4930901820@pbx;user=phone": "+4930901820",
		"nobody": "", "1": "", strings.Repeat("1", 100): "",
	} {
		if got, err := e164(in, "DE"); got != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q, %v; want %q", in, got, err, want)
		}
	}
	n, err := (customer.Identity{Kind: customer.Phone, Value: withheldNumber("x")}).Normal()
	if err != nil || n.Value == withheldNumber("y") {
		t.Errorf("a withheld number is %v, %v", n, err)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	var l check.List
	Config{Region: "XX", Lines: []Line{{Number: "+49 30 901820"}, {Number: "+4930901820"}, {Number: "call me"}}}.Check(l.Root())
	text := fmt.Sprint(l.Faults)
	for _, want := range []string{"region", "lines.1.number: +4930901820 stands here twice", "lines.2.number"} {
		if !strings.Contains(text, want) {
			t.Errorf("the faults do not tell of %s: %s", want, text)
		}
	}
	if len(l.Faults) != 3 {
		t.Errorf("%d faults", len(l.Faults))
	}
	if _, err := New(Config{Region: "XX"}, Deps{Blobs: channeltest.NewBlobs()}); err == nil {
		t.Error("New takes a region that there is not")
	}
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(callJSON("c1", "It is broken, 4111 1111 1111 1111.")))
	for _, s := range vendorFixtures {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { fuzzed(t, "application/json", data) })
}

func FuzzVTT(f *testing.F) {
	f.Add([]byte(vttFixture))
	f.Add([]byte("WEBVTT\n\n00:00.000 --> 00:00.000\n<v >&amp;<v.x y"))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzed(t, "text/vtt", data) })
}

func fuzzed(t *testing.T, kind string, data []byte) {
	c, err := Parse(kind, data)
	if err != nil {
		var fault *Fault
		if !errors.As(err, &fault) || fault.What == "" {
			t.Fatalf("a fault that says nothing: %v", err)
		}
		return
	}
	if len(c.Turns) == 0 || c.SilenceMS < 0 || c.OverlapMS < 0 || c.DurationMS < c.Turns[0].EndMS {
		t.Fatalf("an impossible call: %+v", c)
	}
	for i, turn := range c.Turns {
		if turn.Text == "" || turn.EndMS < turn.StartMS || (i > 0 && turn.StartMS < c.Turns[i-1].StartMS) {
			t.Fatalf("turn %d is %+v", i, turn)
		}
		if _, n := redactCards(turn.Text); n > 0 {
			t.Fatalf("a card number is left in %q", turn.Text)
		}
	}
	if !bytes.Contains([]byte(c.Text()), []byte(c.Turns[0].Text)) {
		t.Fatalf("the text lacks what was said")
	}
	if c.fill(func(k string) string { return map[string]string{"call_id": "c"}[k] }, "DE") == nil {
		p := &Phone{}
		if in := p.inbound(&c); in.External == "" || in.From.Value == "" {
			if c.Direction != "outbound" {
				t.Fatalf("an impossible contact: %+v", in)
			}
		}
	}
}
