package slacksim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const maxBody = 4 << 20 // bytes of an API call

// method is one method of the Web API.
type method struct {
	app    bool     // takes the app-level token
	open   bool     // needs no token
	json   bool     // takes a JSON body; otherwise such a body is ignored, as in Slack
	scopes []string // one of these is needed; nil needs none
	tier   int      // calls a minute; 0 has no limit
	do     func(*call) (Object, error)
}

// call is one call of a method. The server's lock is held while it is worked on.
type call struct {
	s    *Server
	name string
	args map[string]any

	token string
}

// apiError is an answer of ok: false.
type apiError struct {
	code  string
	extra Object
}

func (e *apiError) Error() string { return e.code }

func apiErr(code string) error { return &apiError{code: code} }

// invalid is an error whose messages stand in response_metadata.
func invalid(code string, messages ...string) error {
	list := make([]any, len(messages))
	for i, m := range messages {
		list[i] = "[ERROR] " + m
	}
	return &apiError{code: code, extra: Object{"response_metadata": Object{"messages": list}}}
}

func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("method")
	args, bearer, asJSON, err := parseArgs(w, r)
	basicClient(r, args)
	if f := s.wireFault(name, channelArg(args)); f != nil && !s.suffer(w, r, f) {
		return
	}
	if err != nil {
		respond(w, Object{"ok": false, "error": err.Error()})
		return
	}
	out, status, wait, drop := s.answerCall(name, args, bearer, asJSON)
	switch {
	case drop:
		panic(http.ErrAbortHandler) // the work is done, the answer is lost
	case wait > 0:
		w.Header().Set("Retry-After", strconv.Itoa(wait))
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte(`{"ok":false,"error":"ratelimited"}`))
	default:
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		if bearer != "" && !s.cfg.Frugal.On {
			w.Header().Set("X-OAuth-Scopes", strings.Join(s.cfg.App.Scopes, ","))
		}
		w.WriteHeader(status)
		_, _ = w.Write(out)
	}
}

// answerCall takes the lock. What is answered is JSON of its own: the workspace may change before it
// is written.
func (s *Server) answerCall(name string, args map[string]any, bearer string, asJSON bool) (out []byte, status, wait int, drop bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	token := bearer
	if t, ok := args["token"].(string); ok && token == "" && !asJSON {
		token = t
	}
	o, wait := s.installed(token).invoke(name, args, bearer, asJSON)
	status = s.cfg.Frugal.status(o)
	if s.cfg.Frugal.On && o != nil {
		o = s.cfg.Frugal.answer(name, objectOf(o))
	}
	out, err := json.Marshal(o)
	if err != nil {
		panic(err) // made here, of JSON types
	}
	return out, status, wait, s.faultFor(name, channelArg(args), DropAnswer) != nil
}

// invoke checks and does one call. wait is set when it comes too fast: seconds until the next.
func (s *Server) invoke(name string, args map[string]any, bearer string, asJSON bool) (out Object, wait int) {
	s.calls[name]++
	m, ok := s.methods[name]
	if !ok || s.cfg.Frugal.lacks(name) {
		return Object{"ok": false, "error": "unknown_method", "req_method": name}, 0
	}
	token := bearer
	if t, ok := args["token"].(string); ok && token == "" && !asJSON && !s.cfg.Frugal.On {
		token = t
	}
	delete(args, "token")
	if !m.open {
		if err := s.authorize(m, token); err != nil {
			return failure(err), 0
		}
	}
	if asJSON && !m.json {
		args = map[string]any{}
	}
	if err := s.teamMissing(name, args); err != nil {
		return failure(err), 0
	}
	c := &call{s: s, name: name, args: args, token: token}
	if wait := s.throttle(m, c); wait > 0 {
		s.refused[name]++
		return nil, wait
	}
	if out, err := m.do(c); err != nil {
		return failure(err), 0
	} else if out != nil {
		out["ok"] = true
		return out, 0
	}
	return Object{"ok": true}, 0
}

func failure(err error) Object {
	var e *apiError
	if !errors.As(err, &e) {
		return Object{"ok": false, "error": "internal_error"}
	}
	out := Object{"ok": false, "error": e.code}
	for k, v := range e.extra {
		out[k] = v
	}
	return out
}

// authorize checks the token and the scope.
func (s *Server) authorize(m method, token string) error {
	a := s.cfg.App
	spent, granted := s.granted(token)
	switch {
	case token == "":
		return apiErr("not_authed")
	case token != a.BotToken && token != a.AppToken && !granted:
		return apiErr("invalid_auth")
	case spent != "":
		return apiErr(spent)
	case s.uninstalled || s.retired && token == a.BotToken:
		return apiErr("account_inactive")
	case m.app != (token == a.AppToken):
		return apiErr("not_allowed_token_type")
	case s.revoked != "" && token == a.BotToken:
		return apiErr(s.revoked)
	case m.app || m.scopes == nil:
		return nil
	}
	for _, have := range a.Scopes {
		if slices.Contains(m.scopes, have) {
			return nil
		}
	}
	return s.missingScope(m.scopes[0])
}

func (s *Server) missingScope(needed string) error {
	return &apiError{code: "missing_scope", extra: Object{"needed": needed, "provided": strings.Join(s.cfg.App.Scopes, ",")}}
}

// need checks a scope that depends on the arguments.
func (c *call) need(scope string) error {
	if !slices.Contains(c.s.cfg.App.Scopes, scope) {
		return c.s.missingScope(scope)
	}
	return nil
}

// parseArgs reads the arguments of a form, a multipart form, or JSON; and the bearer token.
func parseArgs(w http.ResponseWriter, r *http.Request) (args map[string]any, bearer string, asJSON bool, err error) {
	bearer, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	args = map[string]any{}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "application/json" {
		d := json.NewDecoder(r.Body)
		d.UseNumber()
		if err := d.Decode(&args); err != nil && err != io.EOF {
			var syntax *json.UnmarshalTypeError
			if errors.As(err, &syntax) {
				return args, bearer, true, errors.New("json_not_object")
			}
			return args, bearer, true, errors.New("invalid_json")
		}
		if args == nil {
			args = map[string]any{}
		}
		return args, bearer, true, nil
	}
	if kind == "multipart/form-data" {
		err = r.ParseMultipartForm(maxBody)
	} else {
		err = r.ParseForm()
	}
	if err != nil {
		return args, bearer, false, errors.New("invalid_form_data")
	}
	for k, v := range r.Form {
		args[k] = v[len(v)-1]
	}
	return args, bearer, false, nil
}

func channelArg(args map[string]any) string {
	if s, ok := args["channel"].(string); ok {
		return s
	}
	s, _ := args["channel_id"].(string)
	return s
}

func respond(w http.ResponseWriter, o any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(o)
}

func (c *call) str(k string) string {
	switch v := c.args[k].(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number, bool:
		return fmt.Sprint(v)
	}
	return ""
}

func (c *call) has(k string) bool { v, ok := c.args[k]; return ok && v != nil }

func (c *call) flag(k string) bool {
	v := strings.ToLower(c.str(k))
	return v == "true" || v == "1"
}

// list reads a list that is separated by commas, or an array.
func (c *call) list(k string) []string {
	var out []string
	switch v := c.args[k].(type) {
	case string:
		for _, x := range strings.Split(v, ",") {
			if x = strings.TrimSpace(x); x != "" {
				out = append(out, x)
			}
		}
	case []any:
		for _, x := range v {
			if t, ok := x.(string); ok {
				out = append(out, t)
			}
		}
	}
	return out
}

// decode reads an argument that is JSON, or JSON in a string, into v. ok is false when it is not given.
func (c *call) decode(k string, v any) (ok bool, err error) {
	var b []byte
	switch a := c.args[k].(type) {
	case nil:
		return false, nil
	case string:
		if a == "" {
			return false, nil
		}
		b = []byte(a)
	default:
		if b, err = json.Marshal(a); err != nil {
			return false, err
		}
	}
	return true, json.Unmarshal(b, v)
}

// page cuts a list to a page. The cursor is opaque to callers.
func page[T any](c *call, all []T, standard, most int) ([]T, Object, error) {
	limit := standard
	if c.has("limit") {
		n, err := strconv.Atoi(c.str("limit"))
		if err != nil || n < 0 || n > most {
			return nil, nil, invalid("invalid_limit")
		}
		if n > 0 {
			limit = n
		}
	}
	start := 0
	if cur := c.str("cursor"); cur != "" {
		n, ok := openCursor(cur)
		if !ok || n > len(all) {
			return nil, nil, apiErr("invalid_cursor")
		}
		start = n
	}
	end := min(start+limit, len(all))
	next := ""
	if end < len(all) {
		next = makeCursor(end)
	}
	return all[start:end], Object{"next_cursor": next}, nil
}
