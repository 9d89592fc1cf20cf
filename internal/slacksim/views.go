package slacksim

import (
	"encoding/json"
	"slices"
	"time"
	"unicode/utf8"
)

const maxStack = 3 // modals on top of each other

// View is a modal or a Home tab.
type View struct {
	ID                 string   `json:"id"`
	TeamID             string   `json:"team_id"`
	Type               string   `json:"type"`
	Blocks             []Object `json:"blocks"`
	PrivateMetadata    string   `json:"private_metadata"`
	CallbackID         string   `json:"callback_id"`
	State              Object   `json:"state"`
	Hash               string   `json:"hash"`
	Title              Object   `json:"title"`
	ClearOnClose       bool     `json:"clear_on_close"`
	NotifyOnClose      bool     `json:"notify_on_close"`
	Close              Object   `json:"close"`
	Submit             Object   `json:"submit"`
	PreviousViewID     *string  `json:"previous_view_id"`
	RootViewID         string   `json:"root_view_id"`
	AppID              string   `json:"app_id"`
	ExternalID         string   `json:"external_id"`
	AppInstalledTeamID string   `json:"app_installed_team_id"`
	BotID              string   `json:"bot_id"`

	user string
}

func (v *View) object() Object { return objectOf(v) }

// trigger is the right to open a modal, which an interaction gives for three seconds, once.
type trigger struct {
	user string
	at   time.Time
	used bool
}

func (s *Server) newTrigger(uid string) string {
	now := s.clock.Now()
	for id, t := range s.triggers {
		if now.Sub(t.at) > time.Hour {
			delete(s.triggers, id)
		}
	}
	id := s.stamp() + "." + randomHex(16)
	s.triggers[id] = &trigger{user: uid, at: now}
	return id
}

// exchange uses up a trigger.
func (c *call) exchange() (uid string, err error) {
	id := c.str("trigger_id")
	if id == "" {
		id = c.str("interactivity_pointer")
	}
	t := c.s.triggers[id]
	switch {
	case id == "":
		return "", invalid("invalid_arguments", "missing required field: trigger_id")
	case t == nil:
		return "", apiErr("invalid_trigger_id")
	case t.used:
		return "", apiErr("exchanged_trigger_id")
	case c.s.clock.Now().Sub(t.at) > c.s.cfg.TriggerLife:
		return "", apiErr("expired_trigger_id")
	}
	t.used = true
	return t.user, nil
}

func (c *call) view(kinds ...string) (*View, error) {
	var o Object
	ok, err := c.decode("view", &o)
	if err != nil || !ok || o == nil {
		return nil, invalid("invalid_arguments", "missing required field: view")
	}
	return c.s.parseView(o, kinds...)
}

// maxView is how large a view may be, in bytes: "Error returned if the provided view is greater than 250kb"
// (https://docs.slack.dev/reference/methods/views.open#errors).
const maxView = 250_000

// parseView checks a view by the published rules (https://docs.slack.dev/reference/views).
func (s *Server) parseView(o Object, kinds ...string) (*View, error) {
	b, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	v := &View{}
	if len(b) > maxView {
		return nil, apiErr("view_too_large")
	}
	if err := json.Unmarshal(b, v); err != nil {
		return nil, invalid("invalid_arguments", "failed to match all allowed schemas [json-pointer:/view]")
	}
	if !slices.Contains(kinds, v.Type) {
		return nil, invalid("invalid_arguments", "must be one of the allowed values for this method [json-pointer:/view/type]")
	}
	if err := checkViewTexts(v); err != nil {
		return nil, err
	}
	where := surfaceModal
	if v.Type == "home" {
		where = surfaceHome
	}
	if v.Blocks == nil {
		return nil, invalid("invalid_arguments", "missing required field: blocks [json-pointer:/view]")
	}
	if err := s.checkBlocks(v.Blocks, where); err != nil {
		return nil, err
	}
	if v.Type == "modal" && v.Submit == nil && slices.ContainsFunc(v.Blocks, func(b Object) bool { return b["type"] == "input" }) {
		return nil, invalid("invalid_arguments", "submit is required when an input block is within blocks [json-pointer:/view]")
	}
	if v.ExternalID != "" {
		for _, x := range s.views {
			if x.ExternalID == v.ExternalID {
				return nil, apiErr("duplicate_external_id")
			}
		}
	}
	s.witness("view", o)
	return v, nil
}

func checkViewTexts(v *View) error {
	long := func(n int, field string) error {
		return invalid("invalid_arguments", "must be less than "+itoa(n+1)+" characters [json-pointer:/view/"+field+"]")
	}
	for _, t := range []struct {
		name     string
		text     Object
		required bool
	}{{"title", v.Title, v.Type == "modal"}, {"submit", v.Submit, false}, {"close", v.Close, false}} {
		if t.text == nil {
			if t.required {
				return invalid("invalid_arguments", "missing required field: title [json-pointer:/view]")
			}
			continue
		}
		text, _ := t.text["text"].(string)
		switch n := utf8.RuneCountInString(text); {
		case t.text["type"] != "plain_text":
			return invalid("invalid_arguments", "must be plain_text [json-pointer:/view/"+t.name+"/type]")
		case n == 0:
			return invalid("invalid_arguments", "must be more than 0 characters [json-pointer:/view/"+t.name+"/text]")
		case n > 24:
			return long(24, t.name+"/text")
		}
		if t.text["emoji"] == nil {
			t.text["emoji"] = true
		}
	}
	switch {
	case utf8.RuneCountInString(v.PrivateMetadata) > 3000:
		return long(3000, "private_metadata")
	case utf8.RuneCountInString(v.CallbackID) > 255:
		return long(255, "callback_id")
	case utf8.RuneCountInString(v.ExternalID) > 255:
		return long(255, "external_id")
	}
	return nil
}

// adopt gives a view its identity.
func (s *Server) adopt(v *View, uid string) {
	v.ID, v.user = s.id("V"), uid
	s.refresh(v)
	v.RootViewID = v.ID
	s.views[v.ID] = v
}

// refresh fills in what Slack adds, and a new hash.
func (s *Server) refresh(v *View) {
	v.TeamID, v.AppInstalledTeamID = s.cfg.Team.ID, s.cfg.Team.ID
	if s.cfg.Team.OrgWide {
		v.AppInstalledTeamID = s.cfg.Team.Enterprise
	}
	v.AppID, v.BotID = s.cfg.App.ID, s.cfg.App.BotID
	v.Hash = s.stamp() + "." + randomHex(4)
	v.State = Object{"values": Object{}}
}

// modal is the modal of a call, and whose trigger it spends.
func (c *call) modal() (v *View, uid string, err error) {
	if v, err = c.view("modal"); err == nil {
		uid, err = c.exchange()
	}
	return v, uid, err
}

func (c *call) viewsOpen() (Object, error) {
	v, uid, err := c.modal()
	if err != nil {
		return nil, err
	}
	s := c.s
	if len(s.modals[uid]) > 0 {
		s.dismiss(uid, true)
	}
	s.adopt(v, uid)
	s.modals[uid] = []*View{v}
	s.showView(v, "open")
	return Object{"view": v.object()}, nil
}

func (c *call) viewsPush() (Object, error) {
	v, uid, err := c.modal()
	if err != nil {
		return nil, err
	}
	if err := c.s.push(uid, v); err != nil {
		return nil, err
	}
	return Object{"view": v.object()}, nil
}

func (s *Server) push(uid string, v *View) error {
	stack := s.modals[uid]
	if len(stack) == 0 {
		return apiErr("not_found")
	}
	if len(stack) >= maxStack {
		return apiErr("push_limit_reached")
	}
	s.adopt(v, uid)
	top := stack[len(stack)-1]
	v.PreviousViewID, v.RootViewID = &top.ID, stack[0].ID
	s.modals[uid] = append(stack, v)
	s.showView(v, "push")
	return nil
}

func (c *call) viewsUpdate() (Object, error) {
	id, ext := c.str("view_id"), c.str("external_id")
	var old *View
	for _, x := range c.s.views {
		if id != "" && x.ID == id || id == "" && ext != "" && x.ExternalID == ext {
			old = x
		}
	}
	if id == "" && ext == "" {
		return nil, invalid("invalid_arguments", "missing required field: view_id")
	}
	if old == nil {
		return nil, apiErr("not_found")
	}
	keep := old.ExternalID
	old.ExternalID = "" // an update may name it again
	v, err := c.view(old.Type)
	old.ExternalID = keep
	if err != nil {
		return nil, err
	}
	if h := c.str("hash"); h != "" && h != old.Hash {
		return nil, apiErr("hash_conflict")
	}
	c.s.replace(old, v)
	return Object{"view": old.object()}, nil
}

// replace gives a view that is shown new content. Typed values stay where block and action are the same.
func (s *Server) replace(old, v *View) {
	v.ID, v.user, v.PreviousViewID, v.RootViewID = old.ID, old.user, old.PreviousViewID, old.RootViewID
	state := old.State
	*old = *v
	s.refresh(old)
	old.State = state
	if old.Type == "home" {
		s.tell(Object{"type": "home", "app": s.cfg.App.ID}, old.user)
		s.touch()
		return
	}
	s.showView(old, "update")
}

func (c *call) viewsPublish() (Object, error) {
	uid := c.str("user_id")
	u := c.s.users[uid]
	if u == nil || u.Bot {
		return nil, apiErr("user_not_found")
	}
	old := c.s.homes[uid]
	keep := ""
	if old != nil {
		keep, old.ExternalID = old.ExternalID, ""
	}
	v, err := c.view("home")
	if old != nil {
		old.ExternalID = keep
	}
	if err != nil {
		return nil, err
	}
	if h := c.str("hash"); h != "" && (old == nil || h != old.Hash) {
		return nil, apiErr("hash_conflict")
	}
	if old == nil {
		c.s.adopt(v, uid)
		c.s.homes[uid] = v
		c.s.tell(Object{"type": "home", "app": c.s.cfg.App.ID}, uid)
		c.s.touch()
		return Object{"view": v.object()}, nil
	}
	c.s.replace(old, v)
	return Object{"view": old.object()}, nil
}

func (s *Server) showView(v *View, op string) {
	s.tell(Object{"type": "view", "view": v.object(), "op": op}, v.user)
	s.touch()
}

// top is the modal that a person sees, or nil.
func (s *Server) top(uid string) *View {
	if stack := s.modals[uid]; len(stack) > 0 {
		return stack[len(stack)-1]
	}
	return nil
}

// dismiss closes the top modal, or all of them.
func (s *Server) dismiss(uid string, all bool) {
	stack := s.modals[uid]
	n := len(stack) - 1
	if all {
		n = 0
	}
	for _, v := range stack[n:] {
		delete(s.views, v.ID)
	}
	s.modals[uid] = stack[:n]
	if all {
		s.tell(Object{"type": "view", "op": "clear"}, uid)
		s.touch()
		return
	}
	s.showView(stack[n], "close")
	if top := s.top(uid); top != nil {
		s.showView(top, "open")
	}
}
