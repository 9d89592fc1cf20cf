package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/kb"
	"tierline/ticket"
)

// operation describes a route of the API; requests are held to it, and the served document is made
// of it, so that the two cannot drift apart.
type operation struct {
	id, summary string
	params      []param
	body        any // a value of the type that is decoded; nil: no body
	ok          int
	result      any // a value of the type that is answered; nil: no content
}

const (
	inQuery  = ""
	inPath   = "path"
	inHeader = "header"

	kindString = "string"
	kindInt    = "integer"
	kindBool   = "boolean"
	kindTime   = "date-time"
	kindTicket = "ticket"
)

type param struct {
	name, in, kind, about string
	enum                  []string // several may be given, separated by commas
	min, max              int
}

// admit refuses what the description does not know.
func (o *operation) admit(c *fiber.Ctx) error {
	for name := range c.Queries() {
		known := false
		for _, p := range o.params {
			known = known || p.in == inQuery && p.name == name
		}
		if !known {
			return invalid("There is no parameter %.40q here.", name)
		}
	}
	if o.body == nil {
		return nil
	}
	if !isJSON(c) {
		return &refusal{status: http.StatusUnsupportedMediaType, code: "unsupported_media_type",
			text: "Send application/json."}
	}
	if len(c.Body()) > maxJSON {
		return &refusal{status: http.StatusRequestEntityTooLarge, code: "too_large",
			text: fmt.Sprintf("The body is larger than %d bytes.", maxJSON)}
	}
	return nil
}

type object = map[string]any

func (s *Server) serveOpenAPI(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	c.Set(fiber.HeaderCacheControl, "no-cache")
	return c.Send(s.openapi)
}

// describe makes the OpenAPI document.
func (s *Server) describe() ([]byte, error) {
	sc := schemas{map[string]any{}, map[string]reflect.Type{}}
	problem := sc.of(reflect.TypeFor[Problem]())
	paths := object{}
	for _, r := range s.apiRoutes() {
		if r.doc == nil {
			continue
		}
		path := openPath(r.path)
		at, ok := paths[path].(object)
		if !ok {
			at = object{}
			paths[path] = at
		}
		at[strings.ToLower(r.method)] = r.doc.describe(sc, r.who.scope)
	}
	s.describeCalls(paths)
	return json.MarshalIndent(object{
		"openapi": "3.0.3",
		"info": object{"title": "Tierline", "version": s.d.Version, "description": "Support gateway. Errors are " +
			"application/problem+json (RFC 9457) with a stable `code`. Listings are paged by key: pass what `next` says."},
		"servers":  []object{{"url": s.URL()}},
		"security": []object{{"key": []string{}}},
		"paths":    paths,
		"components": object{
			"schemas":         sc.named,
			"securitySchemes": object{"key": object{"type": "http", "scheme": "bearer"}},
			"responses": object{"Problem": object{"description": "What went wrong",
				"content": object{"application/problem+json": object{"schema": problem}}}},
		},
	}, "", " ")
}

// openPath turns "/tickets/:id" into "/tickets/{id}".
func openPath(p string) string {
	parts := strings.Split(p, "/")
	for i, x := range parts {
		if name, ok := strings.CutPrefix(x, ":"); ok {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/")
}

func (o *operation) describe(sc schemas, scope Scope) object {
	out := object{"operationId": o.id, "summary": o.summary,
		"description": "Scope: `" + string(scope) + "`.", "x-scope": string(scope)}
	if len(o.params) > 0 {
		var list []object
		for _, p := range o.params {
			list = append(list, p.describe())
		}
		out["parameters"] = list
	}
	if o.body != nil {
		out["requestBody"] = object{"required": true,
			"content": object{"application/json": object{"schema": sc.of(reflect.TypeOf(o.body))}}}
	}
	answer := object{"description": http.StatusText(o.ok)}
	if o.result != nil {
		answer["content"] = object{"application/json": object{"schema": sc.of(reflect.TypeOf(o.result))}}
	}
	out["responses"] = object{fmt.Sprint(o.ok): answer, "default": object{"$ref": "#/components/responses/Problem"}}
	return out
}

func (p param) describe() object {
	schema := object{"type": p.kind}
	switch p.kind {
	case kindTime:
		schema = object{"type": "string", "format": "date-time"}
	case kindTicket:
		schema = object{"type": "string", "pattern": "^([Tt]-)?[0-9]+$"}
	case kindInt:
		schema["minimum"] = p.min
		if p.max > 0 {
			schema["maximum"] = p.max
		}
	}
	if len(p.enum) > 0 {
		one := strings.Join(p.enum, "|")
		schema["pattern"] = "^(" + one + ")(,(" + one + "))*$"
	}
	out := object{"name": p.name, "in": p.in, "schema": schema, "required": p.in == inPath}
	if p.in == inQuery {
		out["in"] = "query"
	}
	if p.about != "" {
		out["description"] = p.about
	}
	return out
}

// schemas are the named types of the document, made of the Go types that are encoded.
type schemas struct {
	named map[string]any
	types map[string]reflect.Type // by name: two types of one name would be taken for each other
}

// enums are the types with few values.
func enums(t reflect.Type) []string {
	switch t {
	case reflect.TypeFor[ticket.State]():
		return stateNames()
	case reflect.TypeFor[ticket.Priority]():
		return []string{"low", "normal", "high", "urgent"}
	case reflect.TypeFor[ticket.MessageKind]():
		return []string{"public", "note", "system"}
	case reflect.TypeFor[ticket.JobState]():
		return jobStateNames()
	case reflect.TypeFor[ticket.PageState]():
		return []string{"waiting", "ringing", "accepted", "exhausted", "cancelled"}
	case reflect.TypeFor[ticket.RosterKind]():
		return []string{"override", "swap", "cover", "off", "temporary"}
	case reflect.TypeFor[ticket.RosterState]():
		return []string{"asked", "stands", "declined", "withdrawn"}
	case reflect.TypeFor[ticket.RosterDo]():
		return []string{"ask", "make", "agree", "take", "decline", "withdraw"}
	case reflect.TypeFor[ticket.PromiseKind]():
		return []string{"callback", "update", "fix", "answer"}
	case reflect.TypeFor[ticket.PromiseState]():
		return []string{"open", "kept", "broken", "withdrawn"}
	case reflect.TypeFor[ticket.ETAKind]():
		return []string{"promise", "measured", "none"}
	case reflect.TypeFor[kb.Audience]():
		return []string{"external", "internal"}
	case reflect.TypeFor[kb.Confidence]():
		return []string{"work_in_progress", "not_validated", "validated", "archived"}
	}
	return nil
}

func (sc schemas) of(t reflect.Type) object {
	switch t {
	case reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case reflect.TypeFor[time.Duration]():
		return object{"type": "integer", "format": "int64", "description": "Nanoseconds"}
	case reflect.TypeFor[json.RawMessage]():
		return object{}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return sc.of(t.Elem())
	case reflect.String:
		if e := enums(t); e != nil {
			return object{"type": "string", "enum": e}
		}
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64, reflect.Int32:
		return object{"type": "integer", "format": "int64"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.Slice:
		return object{"type": "array", "items": sc.of(t.Elem())}
	case reflect.Map:
		value := sc.of(t.Elem())
		if t.Elem().Kind() == reflect.Pointer {
			value["nullable"] = true
		}
		return object{"type": "object", "additionalProperties": value}
	case reflect.Struct:
		return sc.object(t)
	}
	panic("web: no schema for " + t.String()) // a type of ours, found by the first test
}

func (sc schemas) object(t reflect.Type) object {
	name := strings.ToUpper(t.Name()[:1]) + t.Name()[1:]
	ref := object{"$ref": "#/components/schemas/" + name}
	if known, ok := sc.types[name]; ok && known != t {
		panic(fmt.Sprintf("web: both %s and %s would be called %s", known, t, name)) // found by the first test
	} else if ok {
		return ref // perhaps not finished: a type may hold itself
	}
	sc.types[name] = t
	props, required := object{}, []string{}
	for i := range t.NumField() {
		f := t.Field(i)
		tag, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == "-" || !f.IsExported() {
			continue
		}
		p := sc.of(f.Type)
		if !strings.Contains(opts, "omitempty") && !strings.Contains(opts, "omitzero") {
			required = append(required, tag)
			if f.Type.Kind() == reflect.Slice || f.Type.Kind() == reflect.Map {
				p["nullable"] = true
			}
		}
		props[tag] = p
	}
	out := object{"type": "object", "properties": props, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	}
	sc.named[name] = out
	return ref
}

// describeCalls adds what channels/phone mounts, when it is mounted. The transcript formats belong to
// that channel, so the body is described by its media types only.
func (s *Server) describeCalls(paths object) {
	const path = apiPrefix + "/calls"
	mounted := false
	for _, r := range s.app.GetRoutes(true) {
		mounted = mounted || r.Method == http.MethodPost && strings.TrimSuffix(r.Path, "/") == path
	}
	if !mounted {
		return
	}
	text, number := object{"type": "string"}, object{"type": "integer"}
	answer := func(about string) object {
		return object{"description": about, "content": object{"application/json": object{"schema": object{"type": "object",
			"required":   []string{"ticket", "seq", "duplicate"},
			"properties": object{"ticket": text, "seq": number, "duplicate": object{"type": "boolean"}}}}}}
	}
	problem := object{"description": "What went wrong; where says at which place of the transcript",
		"content": object{"application/problem+json": object{"schema": object{"type": "object",
			"required": []string{"type", "title", "status", "code", "detail"},
			"properties": object{"type": text, "title": text, "status": number, "code": text, "detail": text, "where": text,
				"request": text}}}}}
	var params []object
	for _, name := range []string{"call_id", "from", "to", "direction", "language", "agent", "started_at"} {
		params = append(params, param{name: name, kind: kindString, about: "Where the transcript does not say it."}.describe())
	}
	paths[path] = object{"post": object{"operationId": "postCall", "summary": "Post the transcript of a call", "parameters": params,
		"description": "Idempotent by the call's id. Scope: `" + string(CallsWrite) + "`.", "x-scope": string(CallsWrite),
		"requestBody": object{"required": true, "content": object{
			"application/json": object{"schema": object{}}, "text/vtt": object{"schema": text}}},
		"responses": object{"201": answer("A call that is new"), "200": answer("A call that was posted before"), "default": problem}}}
}
