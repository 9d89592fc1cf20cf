package slacksim

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// ErrNoAnswer is what a person sees when the app did not acknowledge in time, or was not there.
var ErrNoAnswer = errors.New("slacksim: the app did not answer in time")

// Answer is what became of a form that was sent.
type Answer struct {
	Op     string            // close, clear, update, push, or errors
	Errors map[string]string // by block id, with errors
	View   *View             // what is shown now, with update and push
}

// base is what all interactions begin with.
func (s *Server) interaction(kind, uid string) Object {
	u := s.users[uid]
	t := s.cfg.Team
	p := Object{"type": kind, "team": Object{"id": t.ID, "domain": t.Domain},
		"user":       Object{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": s.teamOf(u.ID)},
		"api_app_id": s.cfg.App.ID, "token": s.cfg.App.VerificationToken, "enterprise": nil, "is_enterprise_install": t.OrgWide}
	if t.Enterprise != "" {
		p["enterprise"] = Object{"id": t.Enterprise, "name": t.Name}
	}
	if t.OrgWide && strings.HasPrefix(kind, "view_") {
		p["team"] = nil
	}
	switch kind { // which have less
	case "shortcut":
		delete(p, "api_app_id")
		delete(p["user"].(Object), "name")
	case "message_action":
		delete(p, "api_app_id")
		delete(p["user"].(Object), "username")
	}
	return p
}

// await waits for the app without the lock.
func (s *Server) await(ch <-chan answer) (answer, error) {
	select {
	case a := <-ch:
		if !a.acked {
			return a, ErrNoAnswer
		}
		return a, nil
	case <-s.ctx.Done():
		return answer{}, ErrNoAnswer
	}
}

// clickMessage sends a block_actions of a message. The lock is held.
func (s *Server) clickMessage(uid string, ch *channel, m *Message, action, state Object) <-chan answer {
	p := s.interaction("block_actions", uid)
	container := Object{"type": "message", "message_ts": m.TS, "channel_id": ch.id, "is_ephemeral": m.Ephemeral}
	if m.ThreadTS != "" {
		container["thread_ts"] = m.ThreadTS
	}
	p["container"], p["channel"] = container, Object{"id": ch.id, "name": s.nameFor(ch)}
	p["trigger_id"] = s.newTrigger(uid)
	p["response_url"] = s.newHook(hook{user: uid, channel: ch.id, ts: m.TS, thread: replyThread(m)})
	p["state"] = stateOf(m.Blocks, withAction(object(state, "values"), action))
	if !m.Ephemeral {
		o := m.object()
		delete(o, "metadata")
		p["message"] = o
	}
	action["action_ts"] = s.stamp()
	p["actions"] = []any{action}
	return s.interact(kindInteract, p, false)
}

func replyThread(m *Message) string {
	if m.reply() {
		return m.ThreadTS
	}
	return ""
}

func (s *Server) nameFor(ch *channel) string {
	switch {
	case ch.direct():
		return "directmessage"
	case ch.private && !ch.has(s.bot()):
		return "privategroup"
	}
	return ch.name
}

// withAction adds what was just chosen to the state.
func withAction(values, action Object) Object {
	key, _ := valueKey(text(action, "type"))
	if key == "" {
		return values
	}
	out := Object{}
	for b, x := range values {
		out[b] = x
	}
	block := Object{}
	for k, x := range object(out, text(action, "block_id")) {
		block[k] = x
	}
	block[text(action, "action_id")] = Object{"type": action["type"], key: action[key]}
	out[text(action, "block_id")] = block
	return out
}

// clickView sends a block_actions of a modal or a Home tab. The lock is held.
func (s *Server) clickView(uid string, v *View, action, state Object) <-chan answer {
	if state == nil {
		state = v.State
	}
	v.State = stateOf(v.Blocks, withAction(object(state, "values"), action))
	p := s.interaction("block_actions", uid)
	p["container"] = Object{"type": "view", "view_id": v.ID}
	p["trigger_id"], p["view"] = s.newTrigger(uid), v.object()
	action["action_ts"] = s.stamp()
	p["actions"] = []any{action}
	return s.interact(kindInteract, p, false)
}

// actionOf makes the action that Slack sends for a click on an element; value is what was chosen.
func actionOf(e element, value any) (Object, error) {
	a := Object{"type": e.kind(), "action_id": e.actionID(), "block_id": e.blockID()}
	switch e.kind() {
	case "button", "workflow_button":
		for _, k := range []string{"text", "value", "style", "url"} {
			if e.el[k] != nil {
				a[k] = e.el[k]
			}
		}
		return a, nil
	case "overflow":
		o := option(e.el, fmt.Sprint(value))
		if o == nil {
			return nil, fmt.Errorf("slacksim: the menu %q has no option %q", e.actionID(), value)
		}
		a["selected_option"] = o
		return a, nil
	}
	if value == nil {
		return nil, fmt.Errorf("slacksim: a %s needs a value", e.kind())
	}
	v, err := fill(e.el, value)
	if err != nil {
		return nil, err
	}
	for k, x := range v {
		a[k] = x
	}
	return a, nil
}

// submit sends a form and does what the app answers. It waits without the lock.
func (s *Server) submit(uid, viewID string, values func(*View) (Object, error)) (Answer, error) {
	s.mu.Lock()
	v := s.top(uid)
	if v == nil || v.ID != viewID {
		s.mu.Unlock()
		return Answer{}, fmt.Errorf("slacksim: the form %s is not in front of %s", viewID, uid)
	}
	state, err := values(v)
	if err != nil {
		s.mu.Unlock()
		return Answer{}, err
	}
	v.State = state
	if faults := checkInputs(v, object(state, "values")); len(faults) > 0 {
		s.mu.Unlock()
		return Answer{Op: "errors", Errors: faults}, nil
	}
	p := s.interaction("view_submission", uid)
	p["trigger_id"], p["view"], p["response_urls"] = s.newTrigger(uid), v.object(), []any{}
	done := s.interact(kindInteract, p, true)
	s.mu.Unlock()

	a, err := s.await(done)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		return Answer{}, err
	}
	if s.top(uid) != v {
		return Answer{Op: "close"}, nil // it was closed or replaced meanwhile
	}
	ans, err := s.answered(uid, v, a.payload)
	if err != nil {
		s.log.Warn("slacksim: the answer to a form is wrong", "error", err, "callback_id", v.CallbackID)
	}
	return ans, err
}

// answered does what a view_submission was answered with
// (https://docs.slack.dev/surfaces/modals#updating_response).
func (s *Server) answered(uid string, v *View, payload json.RawMessage) (Answer, error) {
	var body struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   Object            `json:"view"`
	}
	if len(strings.TrimSpace(string(payload))) > 0 {
		if err := json.Unmarshal(payload, &body); err != nil {
			return Answer{}, fmt.Errorf("slacksim: the answer to a form is no JSON object: %w", err)
		}
	}
	switch body.Action {
	case "":
		s.dismiss(uid, false)
		return Answer{Op: "close"}, nil
	case "clear":
		s.dismiss(uid, true)
		return Answer{Op: "clear"}, nil
	case "errors":
		return Answer{Op: "errors", Errors: body.Errors}, inputErrors(v, body.Errors)
	case "update", "push":
		next, err := s.parseView(body.View, "modal")
		if err != nil {
			return Answer{}, fmt.Errorf("slacksim: the view of the answer: %s", describe(err))
		}
		if body.Action == "update" {
			s.replace(v, next)
			v.State = stateOf(v.Blocks, nil)
			return Answer{Op: "update", View: v.copy()}, nil
		}
		if err := s.push(uid, next); err != nil {
			return Answer{}, err
		}
		return Answer{Op: "push", View: next.copy()}, nil
	}
	return Answer{}, fmt.Errorf("slacksim: %q is no response_action", body.Action)
}

// inputErrors are only shown at input blocks.
func inputErrors(v *View, errs map[string]string) error {
	if len(errs) == 0 {
		return errors.New("slacksim: response_action errors without errors")
	}
	for id := range errs {
		ok := false
		for _, b := range v.Blocks {
			ok = ok || text(b, "block_id") == id && text(b, "type") == "input"
		}
		if !ok {
			return fmt.Errorf("slacksim: an error for the block %q, which is no input block of the view", id)
		}
	}
	return nil
}

// describe is an API error with its messages.
func describe(err error) string {
	var e *apiError
	if errors.As(err, &e) && e.extra != nil {
		return fmt.Sprintf("%s %v", e.code, e.extra)
	}
	return err.Error()
}

func (v *View) copy() *View {
	var c View
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // what came from JSON goes back to JSON
	}
	if err := json.Unmarshal(b, &c); err != nil {
		panic(err)
	}
	return &c
}
