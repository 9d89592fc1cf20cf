package slacksim

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"tierline/internal/slacksim/ui"
)

// simRoutes are the page and what it asks for.
func (s *Server) simRoutes(mux *http.ServeMux) {
	page := http.FileServerFS(ui.Files)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data: https: http:; frame-ancestors 'self'")
		w.Header().Set("Cache-Control", "no-cache")
		page.ServeHTTP(w, r)
	})
	mux.HandleFunc("GET /archives/", func(w http.ResponseWriter, r *http.Request) { // the page reads the address
		http.ServeFileFS(w, r, ui.Files, "index.html")
	})
	mux.HandleFunc("GET /sim/icon.png", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/icon.svg", http.StatusFound)
	})
	mux.HandleFunc("GET /sim/api/state", s.asPerson(s.simState))
	mux.HandleFunc("GET /sim/api/messages", s.asPerson(s.simMessages))
	mux.HandleFunc("GET /sim/api/home", s.asPerson(s.simHome))
	mux.HandleFunc("GET /sim/api/events", s.simEvents)
	mux.HandleFunc("GET /sim/api/files/{id}/{name}", s.simFile)
	mux.HandleFunc("POST /sim/api/act", s.simAct)
	mux.HandleFunc("POST /sim/faults", s.simFaults)
}

// asPerson answers with what f gives for the person of the query.
func (s *Server) asPerson(f func(r *http.Request, u *user) (any, error)) http.HandlerFunc {
	look := func(r *http.Request) ([]byte, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		u := s.users[r.URL.Query().Get("as")]
		if u == nil && strings.HasSuffix(r.URL.Path, "/state") { // a page that was opened just now
			u = s.firstPerson()
		}
		if u == nil {
			return nil, errors.New("there is no such person")
		}
		out, err := f(r, u)
		if err != nil {
			return nil, err
		}
		return json.Marshal(out) // under the lock: it holds what may change
	}
	return func(w http.ResponseWriter, r *http.Request) {
		b, err := look(r)
		if err != nil {
			simFail(w, http.StatusBadRequest, err)
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = w.Write(b)
	}
}

func (s *Server) firstPerson() *user {
	for _, id := range s.userOrder {
		if u := s.users[id]; !u.Bot && !u.Deleted {
			return u
		}
	}
	return nil
}

func simFail(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(Object{"ok": false, "error": plainError(err)})
}

// plainError is an error as a person at the screen reads it.
func plainError(err error) string {
	t := strings.TrimPrefix(err.Error(), "slacksim: ")
	if t == "" {
		return t
	}
	return strings.ToUpper(t[:1]) + t[1:] + "."
}

func (s *Server) simState(_ *http.Request, me *user) (any, error) {
	users := make([]any, 0, len(s.userOrder))
	for _, id := range s.userOrder {
		u := s.users[id]
		users = append(users, Object{"id": u.ID, "name": u.Name, "real_name": u.RealName, "title": u.Title, "is_bot": u.Bot,
			"color": u.Color, "presence": u.presence, "is_guest": u.Guest})
	}
	a := s.cfg.App
	commands, shortcuts := a.Commands, a.Shortcuts
	if commands == nil {
		commands = []Command{}
	}
	if shortcuts == nil {
		shortcuts = []Shortcut{}
	}
	apps := []any{}
	if !s.uninstalled {
		apps = append(apps, Object{"id": a.ID, "bot_user_id": a.BotUserID, "name": a.Name, "commands": commands, "shortcuts": shortcuts})
	}
	channels := []any{}
	for _, id := range s.channelOrder {
		if ch := s.channels[id]; ch.has(me.ID) {
			channels = append(channels, s.simChannel(ch, me.ID))
		}
	}
	return Object{"team": Object{"id": s.cfg.Team.ID, "name": s.cfg.Team.Name}, "me": me.ID, "users": users, "apps": apps, "channels": channels}, nil
}

func (s *Server) simChannel(ch *channel, me string) Object {
	o := Object{"id": ch.id, "name": ch.name, "kind": "public", "topic": ch.topic, "members": ch.members, "is_archived": ch.archived}
	switch other := ch.other(me); {
	case ch.direct() && other == s.bot():
		o["kind"], o["user"], o["name"] = "app_home_im", other, s.users[other].Name
	case ch.direct():
		o["kind"], o["user"], o["name"] = "im", other, s.users[other].Name
	case ch.private:
		o["kind"] = "private"
	}
	unread, latest := 0, ""
	for _, m := range ch.messages {
		if m.reply() || m.deleted || m.Ephemeral && m.seenBy != me {
			continue
		}
		latest = m.TS
		if m.User != me && m.Subtype != "channel_join" && compareTS(m.TS, ch.read[me]) > 0 {
			unread++
		}
	}
	o["latest"], o["unread"] = latest, unread
	return o
}

func (s *Server) simMessages(r *http.Request, me *user) (any, error) {
	q := r.URL.Query()
	if q.Get("channel") == "" { // the page has left the channel meanwhile
		return Object{"messages": []any{}}, nil
	}
	_, ch, err := s.place(me.ID, q.Get("channel"))
	if err != nil {
		return nil, err
	}
	limit := 200
	if n, err := strconv.Atoi(q.Get("limit")); err == nil && n > 0 && n < 1000 {
		limit = n
	}
	thread := q.Get("thread_ts")
	list := []any{}
	for _, m := range ch.messages {
		switch {
		case m.Ephemeral && m.seenBy != me.ID:
		case thread == "" && (!m.reply() || m.Subtype == "thread_broadcast"),
			thread != "" && (m.TS == thread || m.ThreadTS == thread):
			list = append(list, s.simMessage(m))
		}
	}
	return Object{"messages": list[max(0, len(list)-limit):]}, nil
}

// simMessage is a message with links to files that need no token.
func (s *Server) simMessage(m *Message) Object {
	o := m.object()
	for _, f := range list(o, "files") {
		link := "/sim/api/files/" + text(f, "id") + "/" + escapeName(text(f, "name"))
		f["url_private"], f["url_private_download"] = link, link
	}
	return o
}

func (s *Server) simFile(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	f := s.files[r.PathValue("id")]
	ok := f != nil && f.sent
	s.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	serveFile(w, f)
}

func (s *Server) simHome(r *http.Request, me *user) (any, error) {
	if a := r.URL.Query().Get("app"); a != s.cfg.App.ID {
		return nil, fmt.Errorf("there is no app %q", a)
	}
	var v any
	home := s.homes[me.ID]
	if r.URL.Query().Get("quiet") == "" { // otherwise the page has it open already
		home = s.openHome(me)
	}
	if home != nil {
		v = home
	}
	return Object{"view": v}, nil
}

// listener is one screen that is told of changes.
type listener struct {
	user string
	out  chan []byte
}

// tell sends something to the screens of these people, or of all. A screen that does not read is
// dropped; it connects again and loads everything anew.
func (s *Server) tell(o Object, users ...string) {
	if len(s.listeners) == 0 {
		return
	}
	b, err := json.Marshal(o)
	if err != nil {
		panic(err) // made here, of JSON types
	}
	for l := range s.listeners {
		if len(users) > 0 && !slices.Contains(users, l.user) {
			continue
		}
		select {
		case l.out <- b:
		default:
			close(l.out)
			delete(s.listeners, l)
		}
	}
}

func (s *Server) simEvents(w http.ResponseWriter, r *http.Request) {
	uid := r.URL.Query().Get("as")
	l := &listener{user: uid, out: make(chan []byte, 256)}
	s.mu.Lock()
	if s.users[uid] == nil {
		s.mu.Unlock()
		simFail(w, http.StatusNotFound, errors.New("there is no such person"))
		return
	}
	s.listeners[l] = true
	for _, v := range s.modals[uid] {
		s.tell(Object{"type": "view", "view": v.object(), "op": "open"}, uid)
	}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.listeners, l)
		s.mu.Unlock()
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	rc := http.NewResponseController(w)
	send := func(data string) bool {
		_ = rc.SetWriteDeadline(time.Now().Add(10 * time.Second))
		_, err := fmt.Fprint(w, data)
		return err == nil && rc.Flush() == nil
	}
	if !send(": hello\n\n") {
		return
	}
	alive := time.NewTicker(20 * time.Second)
	defer alive.Stop()
	for {
		ok := true
		select {
		case b, more := <-l.out:
			if !more {
				return
			}
			ok = send("data: " + string(b) + "\n\n")
		case <-alive.C:
			ok = send(": alive\n\n")
		case <-r.Context().Done():
			return
		}
		if !ok {
			return
		}
	}
}

// simFaults takes a [Fault] as JSON, with "delay_ms" for its delay. {"clear":true} ends all; {"disconnect":"warning"} and {"revoke":"token_revoked"} do
// what Disconnect and RevokeToken do.
func (s *Server) simFaults(w http.ResponseWriter, r *http.Request) {
	if foreign(w, r) {
		return
	}
	var in struct {
		Fault
		DelayMS    int64   `json:"delay_ms"`
		Clear      bool    `json:"clear"`
		Disconnect *string `json:"disconnect"`
		Revoke     *string `json:"revoke"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&in); err != nil {
		simFail(w, http.StatusBadRequest, fmt.Errorf("this is no fault: %w", err))
		return
	}
	if in.DelayMS > 0 {
		in.Delay = time.Duration(in.DelayMS) * time.Millisecond
	}
	if in.Clear {
		s.Clear()
	}
	if in.Disconnect != nil {
		s.Disconnect(*in.Disconnect)
	}
	if in.Revoke != nil {
		s.RevokeToken(*in.Revoke)
	}
	if in.Kind != "" {
		if !in.Kind.known() {
			simFail(w, http.StatusBadRequest, fmt.Errorf("there is no fault %q", in.Kind))
			return
		}
		s.Inject(in.Fault)
	}
	respond(w, Object{"ok": true})
}

func (k FaultKind) known() bool {
	return slices.Contains([]FaultKind{Outage, Slow, DropAnswer, ServerError, RateLimited, Duplicate, OutOfOrder, LoseEvent}, k)
}

func decodeUpload(name, kind, b64 string) (Upload, error) {
	data, err := base64.StdEncoding.DecodeString(b64)
	if err != nil {
		return Upload{}, fmt.Errorf("the file %q is no base64: %w", name, err)
	}
	return Upload{Name: name, Type: kind, Data: data}, nil
}
