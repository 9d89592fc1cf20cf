package pager

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"tierline/config/check"
	"tierline/config/secret"
	"tierline/ticket"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func always(context.Context) error { return nil }

func client() *Client { return NewClient(func() time.Time { return noon }) }

func TestOnly2xxIsDelivered(t *testing.T) {
	t.Parallel()
	status, after := 0, ""
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", after)
		if status == 302 {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(status)
	}))
	defer srv.Close()
	hook := Webhook{URL: secret.New(srv.URL + "/key-in-the-path"), AllowPrivate: true}
	for _, c := range []struct {
		status int
		after  string
		kind   ticket.Kind
		wait   time.Duration
	}{
		{200, "", "", 0}, {202, "", "", 0}, {204, "", "", 0}, {301, "", ticket.Invalid, 0}, {302, "", ticket.Invalid, 0}, {400, "", ticket.Invalid, 0},
		{401, "", ticket.Invalid, 0}, {404, "", ticket.Invalid, 0}, {410, "", ticket.Invalid, 0}, {408, "", ticket.Transient, 0},
		{429, "7", ticket.Transient, 7 * time.Second}, {429, noon.Add(time.Minute).Format(http.TimeFormat), ticket.Transient, time.Minute},
		{429, "-5", ticket.Transient, 0}, {503, "999999", ticket.Transient, maxRetryAfter}, {500, "soon", ticket.Transient, 0}, {599, "", ticket.Transient, 0},
	} {
		status, after = c.status, c.after
		err := client().Send(t.Context(), hook, sample(), always)
		if (err == nil) != (c.kind == "") || err != nil && ticket.KindOf(err) != c.kind || ticket.RetryAfter(err) != c.wait {
			t.Errorf("%d %q: %v", c.status, c.after, err)
		}
		if err != nil && strings.Contains(err.Error(), "key-in-the-path") {
			t.Errorf("the address is told: %v", err)
		}
	}
}

func TestFaultsOfTheNetworkNameNoAddress(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else it is not seen that the client has gone
		<-r.Context().Done()
	}))
	dead := httptest.NewServer(http.NotFoundHandler())
	dead.Close()
	defer srv.Close()
	for name, c := range map[string]struct {
		hook Webhook
		kind ticket.Kind
	}{
		"hangs":   {Webhook{URL: secret.New(srv.URL), AllowPrivate: true, Timeout: 20 * time.Millisecond}, ticket.Transient},
		"is gone": {Webhook{URL: secret.New(dead.URL + "/hidden"), AllowPrivate: true}, ticket.Transient},
		"private": {Webhook{URL: secret.New(srv.URL + "/hidden")}, ticket.Invalid},
	} {
		err := client().Send(t.Context(), c.hook, sample(), always)
		if ticket.KindOf(err) != c.kind || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The id, the signature (https://www.standardwebhooks.com) and the body are the same at every try.
func TestADeliveryIsSigned(t *testing.T) {
	t.Parallel()
	var bodies []string
	raw := []byte("0123456789abcdef0123456789abcdef")
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(b))
		m := hmac.New(sha256.New, raw)
		m.Write([]byte(r.Header.Get("webhook-id") + "." + r.Header.Get("webhook-timestamp") + "." + string(b)))
		if want := "v1," + base64.StdEncoding.EncodeToString(m.Sum(nil)); r.Header.Get("webhook-signature") != want {
			t.Errorf("signature %q, want %q", r.Header.Get("webhook-signature"), want)
		}
		if r.Header.Get("Idempotency-Key") != "T-1042.1.1.ann.phone" || r.Header.Get("Authorization") != "Bearer x" || r.Method != "PUT" {
			t.Errorf("%s %v", r.Method, r.Header)
		}
	}))
	defer srv.Close()
	hook := Webhook{URL: secret.New(srv.URL), AllowPrivate: true, Method: "PUT", Sign: secret.New("whsec_" + base64.StdEncoding.EncodeToString(raw)),
		Headers: map[string]secret.String{"Authorization": secret.New("Bearer x")}}
	for range 2 {
		if err := client().Send(t.Context(), hook, sample(), always); err != nil {
			t.Fatal(err)
		}
	}
	if len(bodies) != 2 || bodies[0] != bodies[1] || !json.Valid([]byte(bodies[0])) {
		t.Errorf("bodies: %q", bodies)
	}
	stop := errors.New("answered")
	if err := client().Send(t.Context(), hook, sample(), func(context.Context) error { return stop }); !errors.Is(err, stop) || len(bodies) != 2 {
		t.Errorf("sent after an answer: %v, %d", err, len(bodies))
	}
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	m := sample()
	m.Reason = "\"quoted\" & <odd>\n"
	form := Webhook{Form: map[string]string{"To": "{{.Person.Phone}}", "Body": "{{.Ticket}}: {{.Reason}}"}}
	b, kind, err := form.body(m)
	v, bad := url.ParseQuery(string(b))
	if err != nil || bad != nil || kind != "application/x-www-form-urlencoded" || v.Get("To") != "+4930123456" || v.Get("Body") != "T-1042: "+m.Reason {
		t.Errorf("form: %s %v", b, err)
	}
	b, _, err = Webhook{JSON: `{"summary": {{json .Reason}}, "severity": "{{upper (printf "%s" .Severity)}}", "dedup_key": {{json .ID}}}`}.body(m)
	if err != nil || !strings.Contains(string(b), `"HIGH"`) {
		t.Errorf("json: %s %v", b, err)
	}
	if _, _, err := (Webhook{JSON: `{"summary": "{{.Reason}}"}`}).body(m); err == nil {
		t.Error("what is no JSON goes out")
	}
	if err := client().Send(t.Context(), Webhook{URL: secret.New("http://127.0.0.1:1"), Needs: "phone"}, Message{Person: Person{Name: "Bo"}}, always); ticket.KindOf(err) != ticket.Invalid {
		t.Errorf("somebody without a telephone: %v", err)
	}
}

func TestFaultsOfAConfiguration(t *testing.T) {
	t.Parallel()
	var l check.List
	Config{Providers: map[string]Webhook{"slack": {URL: secret.New("ftp://x")}, "a b": {}, "phone": {URL: secret.New("https://x.example"), Method: "GET",
		JSON: "{{.Nope}}", Sign: secret.New("short"), Timeout: time.Minute, Needs: "luck", Headers: map[string]secret.String{"a b": {}}}},
		Limits: map[string]Limit{"pigeon": {Every: -1, Burst: -1}}, LinksFor: -1}.Check(l.Root())
	var all []string
	for _, f := range l.Faults {
		all = append(all, strings.Join(f.Path, "."))
	}
	for _, want := range []string{"providers.slack", "providers.slack.url", "providers.a b", "providers.a b.url", "providers.phone.method", "providers.phone.json",
		"providers.phone.sign", "providers.phone.timeout", "providers.phone.needs", "providers.phone.headers.a b", "limits.pigeon", "limits.pigeon.every", "limits.pigeon.burst", "links_for"} {
		if !strings.Contains("\n"+strings.Join(all, "\n")+"\n", "\n"+want+"\n") {
			t.Errorf("%s is not told: %q", want, all)
		}
	}
}

// turns counts as the store does.
type turns struct {
	now  func() time.Time
	free map[string]time.Time
	err  error
}

func (f *turns) TakeTurn(_ context.Context, name string, every time.Duration, burst int) (time.Time, error) {
	ahead := time.Duration(burst-1) * every
	if f.err != nil || f.free[name].After(f.now().Add(ahead)) {
		return f.free[name].Add(-ahead), f.err
	}
	if f.free[name].Before(f.now()) {
		f.free[name] = f.now()
	}
	f.free[name] = f.free[name].Add(every)
	return time.Time{}, nil
}

func TestLimits(t *testing.T) {
	t.Parallel()
	now, lim := noon, Limit{Every: time.Second, Burst: 5}
	store := &turns{now: func() time.Time { return now }, free: map[string]time.Time{}}
	l := &Limiter{Turns: store}
	enter := func(key, id string) (func(), time.Time) {
		leave, at, err := l.Enter(t.Context(), key, id, lim, now)
		if err != nil {
			t.Fatal(err)
		}
		return leave, at
	}
	var leaves []func()
	for _, id := range []string{"a", "b", "c"} {
		leave, _ := enter("k", id)
		if leave == nil {
			t.Fatalf("%s has to wait", id)
		}
		leaves = append(leaves, leave)
	}
	if leave, at := enter("k", "d"); leave != nil || !at.Equal(now.Add(flyWait)) {
		t.Errorf("more under way than there may be: %v", at)
	}
	leaves[0]()
	leaves[0]() // twice is once
	if leave, _ := enter("k", "d"); leave == nil {
		t.Error("one is done, and none may follow")
	}
	if leave, _ := enter("k", "e"); leave != nil {
		t.Error("done twice counts twice")
	}
	leaves[1]()
	if leave, _ := enter("k", "e"); leave == nil {
		t.Error("the fifth of five has to wait")
	}
	leaves[2]()
	for i := range 30 { // the more wait, the further apart, within bounds
		leave, at := enter("k", fmt.Sprint("w", i))
		if first := now.Add(time.Second); leave != nil || at.Before(first) || at.After(first.Add(min(time.Duration(i)*time.Second, maxSpread))) {
			t.Errorf("the %d. that waits: %v", i, at)
		}
	}
	if leave, _ := enter("other", "f"); leave == nil {
		t.Error("somebody else waits for it")
	}
	now = now.Add(time.Second)
	if leave, _ := enter("k", "w29"); leave == nil {
		t.Error("its turn has come, whoever waits beside it")
	}
	store.err = errors.New("the database is gone")
	for range 2 * maxFlying {
		if leave, _, err := l.Enter(t.Context(), "third", "x", lim, now); err == nil || leave != nil {
			t.Error("it goes out uncounted")
		}
	}
	store.err = nil
	if leave, _ := enter("third", "x"); leave == nil {
		t.Error("what failed counts as under way")
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	l := Links{Key: []byte(strings.Repeat("k", 32)), URL: "https://x.example"}
	v := Link{Ticket: 7, Page: 2, Agent: "ann", Ends: noon.Unix() + 1}
	token := strings.TrimPrefix(l.Make(v), "https://x.example/page/")
	if got, ok := l.Read(token, noon); !ok || got != v {
		t.Errorf("%+v %v", got, ok)
	}
	other := Links{Key: []byte(strings.Repeat("o", 32))}
	for _, bad := range []string{"", ".", token + "a", token[1:], strings.ToUpper(token)} {
		if _, ok := l.Read(bad, noon); ok {
			t.Errorf("%q is taken", bad)
		}
	}
	if _, ok := l.Read(token, noon.Add(2*time.Second)); ok {
		t.Error("it never runs out")
	}
	if _, ok := other.Read(token, noon); ok {
		t.Error("another's key is good")
	}
	if (Links{}).Make(v) != "" {
		t.Error("a link without a key")
	}
	if _, ok := (Links{}).Read(token, noon); ok {
		t.Error("a link is read without a key")
	}
}
