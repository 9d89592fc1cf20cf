package demoworld

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	netmail "net/mail"
	"net/url"
	"slices"
	"strings"
	"time"
)

//go:embed assets
var assets embed.FS

// pageData is what the pages are drawn from. The API key is not in it.
type pageData struct {
	Page, Title                    string
	GatewayURL, SlackURL           string
	ConsoleURL, SMTPAddr, MailAddr string
	SupportAddress                 string
	Customers                      []Customer
	Products                       []product
}

func (w *World) handler() http.Handler {
	mux := http.NewServeMux()
	for path, title := range map[string]string{"/{$}": "Start", "/shop": "Brühwerk", "/mail": "Mailbox", "/phone": "Telephone"} {
		name := strings.Trim(path, "/{$}")
		if name == "" {
			name = "start"
		}
		t := template.Must(template.ParseFS(assets, "assets/layout.html", "assets/"+name+".html"))
		mux.HandleFunc("GET "+path, func(rw http.ResponseWriter, _ *http.Request) { w.page(rw, t, name, title) })
	}
	mux.Handle("GET /assets/", http.FileServerFS(assets))
	mux.HandleFunc("GET /api/mails", w.getMails)
	mux.HandleFunc("GET /api/mails/events", w.streamMails)
	mux.HandleFunc("POST /api/mails", w.postMail)
	mux.HandleFunc("GET /api/samples", w.getSamples)
	mux.HandleFunc("POST /api/calls", w.postCall)
	return guard(mux, w)
}

// guard sets the security headers and turns away what other sites' pages send.
func guard(next http.Handler, w *World) http.Handler {
	gw := strings.TrimRight(w.cfg.GatewayURL, "/")
	ws := strings.Replace(gw, "http", "ws", 1)
	csp := "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	shop := "default-src 'self' " + gw + "; connect-src 'self' " + gw + " " + ws + "; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob: " + gw + "; base-uri 'none'; frame-ancestors 'none'"
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		h := rw.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", csp)
		if r.URL.Path == "/shop" {
			h.Set("Content-Security-Policy", shop)
		}
		if strings.HasPrefix(r.URL.Path, "/api/") {
			h.Set("Cache-Control", "no-store")
			if s := r.Header.Get("Sec-Fetch-Site"); s != "" && s != "same-origin" && s != "none" {
				fail(rw, http.StatusForbidden, "Only the demo's own pages may ask this.")
				return
			}
		}
		next.ServeHTTP(rw, r)
	})
}

func (w *World) page(rw http.ResponseWriter, t *template.Template, name, title string) {
	c := w.cfg
	var b bytes.Buffer
	err := t.ExecuteTemplate(&b, "layout.html", pageData{name, title, strings.TrimRight(c.GatewayURL, "/"), c.SlackURL, c.ConsoleURL,
		c.SMTPAddr, w.MailAddr(), c.SupportAddress, c.Customers, products})
	if err != nil {
		w.cfg.Log.Error("demoworld: page", "page", name, "error", err)
		http.Error(rw, "This page cannot be shown.", http.StatusInternalServerError)
		return
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = b.WriteTo(rw) // a reader who is gone needs nothing
}

func answer(rw http.ResponseWriter, status int, v any) {
	rw.Header().Set("Content-Type", "application/json")
	rw.WriteHeader(status)
	_ = json.NewEncoder(rw).Encode(v)
}

func fail(rw http.ResponseWriter, status int, text string) {
	answer(rw, status, map[string]string{"error": text})
}

// known says whether a customer of the demo has this address.
func (w *World) known(address string) (Customer, bool) {
	i := slices.IndexFunc(w.cfg.Customers, func(c Customer) bool { return boxOf(c.Email) == boxOf(address) })
	if i < 0 {
		return Customer{}, false
	}
	return w.cfg.Customers[i], true
}

func (w *World) getMails(rw http.ResponseWriter, r *http.Request) {
	list := w.boxes.list(r.FormValue("address"))
	if list == nil {
		list = []Mail{}
	}
	answer(rw, http.StatusOK, map[string]any{"mails": list})
}

// streamMails tells a page by server-sent events that its box has changed.
func (w *World) streamMails(rw http.ResponseWriter, r *http.Request) {
	ch, stop, ok := w.boxes.follow(r.FormValue("address"))
	if !ok {
		fail(rw, http.StatusServiceUnavailable, "Too many pages are open.")
		return
	}
	defer stop()
	rw.Header().Set("Content-Type", "text/event-stream")
	rc := http.NewResponseController(rw)
	_ = rc.SetReadDeadline(time.Time{}) // the body is read; the stream may stay open
	beat := time.NewTicker(20 * time.Second)
	defer beat.Stop()
	line := "data: open\n\n"
	for {
		_ = rc.SetWriteDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.WriteString(rw, line); err != nil || rc.Flush() != nil {
			return
		}
		select {
		case <-ch:
			line = "data: mail\n\n"
		case <-beat.C:
			line = ": still here\n\n"
		case <-r.Context().Done():
			return
		}
	}
}

func readJSON(rw http.ResponseWriter, r *http.Request, limit int64, v any) bool {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		fail(rw, http.StatusUnsupportedMediaType, "JSON is wanted.")
		return false
	}
	err := json.NewDecoder(http.MaxBytesReader(rw, r.Body, limit)).Decode(v)
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		fail(rw, http.StatusRequestEntityTooLarge, fmt.Sprintf("That is too long: at most %d bytes.", limit))
	case err != nil:
		fail(rw, http.StatusBadRequest, "That is no JSON.")
	}
	return err == nil
}

func (w *World) postMail(rw http.ResponseWriter, r *http.Request) {
	var in struct {
		From      string `json:"from"`
		To        string `json:"to"`
		Subject   string `json:"subject"`
		Text      string `json:"text"`
		InReplyTo string `json:"in_reply_to"`
	}
	if !readJSON(rw, r, maxSendText*2, &in) {
		return
	}
	c, ok := w.known(in.From)
	if !ok {
		fail(rw, http.StatusForbidden, "This is nobody of the demo.")
		return
	}
	m, err := w.compose((&netmail.Address{Name: c.Name, Address: c.Email}).String(), in.To, in.Subject, in.Text, in.InReplyTo)
	if err != nil {
		fail(rw, http.StatusUnprocessableEntity, err.Error())
		return
	}
	if err := w.submit(r.Context(), m); err != nil {
		fail(rw, http.StatusBadGateway, "The gateway did not take the mail: "+err.Error())
		return
	}
	answer(rw, http.StatusCreated, w.boxes.put(m))
}

func (w *World) getSamples(rw http.ResponseWriter, _ *http.Request) {
	answer(rw, http.StatusOK, map[string]any{"mails": sampleMails, "calls": w.sampleCalls(), "customers": w.cfg.Customers})
}

const maxCall = 1 << 20 // bytes of a transcript

// postCall hands a transcript to the gateway with the key that only this process knows.
func (w *World) postCall(rw http.ResponseWriter, r *http.Request) {
	var in struct {
		Type string `json:"type"` // application/json or text/vtt
		Body string `json:"body"`
	}
	if !readJSON(rw, r, 2*maxCall, &in) {
		return
	}
	if in.Type != "text/vtt" {
		in.Type = "application/json"
	}
	if strings.TrimSpace(in.Body) == "" || len(in.Body) > maxCall {
		fail(rw, http.StatusUnprocessableEntity, "A transcript has something in it, and at most 1 MB.")
		return
	}
	status, body, err := w.call(r.Context(), in.Type, in.Body)
	if err != nil {
		fail(rw, http.StatusBadGateway, "The gateway did not answer: "+err.Error())
		return
	}
	var out map[string]any
	if json.Unmarshal(body, &out) != nil {
		fail(rw, http.StatusBadGateway, fmt.Sprintf("The gateway answered %d, and no JSON.", status))
		return
	}
	if status >= 400 {
		text, _ := out["detail"].(string)
		if text == "" {
			text = http.StatusText(status)
		}
		fail(rw, status, text)
		return
	}
	answer(rw, status, out)
}

func (w *World) call(ctx context.Context, kind, text string) (int, []byte, error) {
	to, err := url.JoinPath(w.cfg.GatewayURL, "/api/v1/calls")
	if err != nil {
		return 0, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(text))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Authorization", "Bearer "+w.cfg.APIKey)
	res, err := w.http.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	return res.StatusCode, body, err
}
