package slacksim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

const maxAct = 90 << 20 // bytes, files in base64 included

// act is what a person does on the page.
type act struct {
	As       string `json:"as"`
	Kind     string `json:"kind"`
	Channel  string `json:"channel"`
	TS       string `json:"ts"`
	ThreadTS string `json:"thread_ts"`
	Text     string `json:"text"`
	Name     string `json:"name"`
	User     string `json:"user"`
	ViewID   string `json:"view_id"`
	Type     string `json:"type"`
	Callback string `json:"callback_id"`
	ActionID string `json:"action_id"`
	BlockID  string `json:"block_id"`
	Value    string `json:"value"`
	All      bool   `json:"all"`

	Files []struct {
		Name   string `json:"name"`
		Type   string `json:"type"`
		Base64 string `json:"base64"`
	} `json:"files"`
	Container struct {
		Type    string `json:"type"`
		Channel string `json:"channel"`
		TS      string `json:"ts"`
		ViewID  string `json:"view_id"`
	} `json:"container"`
	Action Object `json:"action"`
	State  Object `json:"state"`
}

func (s *Server) simAct(w http.ResponseWriter, r *http.Request) {
	if foreign(w, r) {
		return
	}
	var a act
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxAct)).Decode(&a); err != nil {
		simFail(w, http.StatusBadRequest, fmt.Errorf("this is no act: %w", err))
		return
	}
	out, err := s.act(a)
	if err != nil {
		respond(w, Object{"ok": false, "error": plainError(err)})
		return
	}
	if out == nil {
		out = Object{}
	}
	out["ok"] = true
	respond(w, out)
}

// foreign refuses what another web page has the browser send.
func foreign(w http.ResponseWriter, r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	if site == "" || site == "same-origin" || site == "none" {
		return false
	}
	simFail(w, http.StatusForbidden, errors.New("only the page itself may act"))
	return true
}

func (s *Server) act(a act) (Object, error) {
	switch a.Kind {
	case "post":
		return s.actPost(a)
	case "edit":
		return nil, s.Edit(a.As, a.Channel, a.TS, a.Text)
	case "delete":
		return nil, s.Delete(a.As, a.Channel, a.TS)
	case "react":
		return nil, s.React(a.As, a.Channel, a.TS, strings.Trim(a.Name, ":"))
	case "block_action":
		return nil, s.actClick(a)
	case "view_submit":
		return s.actSubmit(a)
	case "view_close":
		return nil, s.CloseView(a.As, a.ViewID, a.All)
	case "shortcut":
		return nil, s.Shortcut(a.As, a.Callback, a.Channel, a.TS)
	case "pick":
		files, err := a.uploads()
		if err != nil {
			return nil, err
		}
		return s.Pick(a.As, files...)
	case "suggest":
		return s.actSuggest(a)
	case "dm":
		id, err := s.DM(a.As, a.User)
		return Object{"channel": id}, err
	case "read":
		return nil, s.Read(a.As, a.Channel, a.TS)
	}
	return nil, fmt.Errorf("there is no act %q", a.Kind)
}

func (a act) uploads() (list []Upload, err error) {
	for _, f := range a.Files {
		u, err := decodeUpload(f.Name, f.Type, f.Base64)
		if err != nil {
			return nil, err
		}
		list = append(list, u)
	}
	return list, nil
}

// actPost writes a message, or uses the slash command that it begins with.
func (s *Server) actPost(a act) (Object, error) {
	command, rest, _ := strings.Cut(strings.TrimSpace(a.Text), " ")
	if slices.ContainsFunc(s.cfg.App.Commands, func(c Command) bool { return c.Command == command }) && len(a.Files) == 0 {
		return nil, s.Slash(a.As, a.Channel, command, strings.TrimSpace(rest))
	}
	if strings.HasPrefix(command, "/") && len(command) > 1 && !strings.Contains(command[1:], "/") {
		return nil, fmt.Errorf("%s is not a valid command. To send it as a message, put a space before the slash", command)
	}
	files, err := a.uploads()
	if err != nil {
		return nil, err
	}
	ts, err := s.SayWith(a.As, a.Channel, a.Text, a.ThreadTS, files...)
	return Object{"ts": ts}, err
}

// actClick sends the action as the page made it, held against the element that is there.
func (s *Server) actClick(a act) error {
	s.mu.Lock()
	done, err := s.actClicked(a)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	_, err = s.await(done)
	return err
}

func (s *Server) actClicked(a act) (<-chan answer, error) {
	ref := text(a.Action, "block_id") + "/" + text(a.Action, "action_id")
	if a.Container.Type == "view" {
		u, v, err := s.viewOf(a.As, a.Container.ViewID)
		if err != nil {
			return nil, err
		}
		action, err := s.pageAction(v.Blocks, ref, a.Action)
		if err != nil {
			return nil, err
		}
		return s.clickView(u.ID, v, action, stateArg(a.State)), nil
	}
	u, ch, m, err := s.placeOf(a.As, a.Container.Channel, a.Container.TS)
	if err != nil {
		return nil, err
	}
	action, err := s.pageAction(m.Blocks, ref, a.Action)
	if err != nil {
		return nil, err
	}
	return s.clickMessage(u.ID, ch, m, action, stateArg(a.State)), nil
}

// stateArg takes a state with or without its "values".
func stateArg(o Object) Object {
	if o == nil || o["values"] != nil {
		return o
	}
	return Object{"values": o}
}

// pageAction completes an action of the page: what Slack takes from the element is taken from it.
func (s *Server) pageAction(blocks []Object, ref string, given Object) (Object, error) {
	e, err := findElement(blocks, ref)
	if err != nil {
		return nil, err
	}
	if e.kind() == "button" || e.kind() == "workflow_button" {
		return actionOf(e, nil)
	}
	out := Object{"type": e.kind(), "action_id": e.actionID(), "block_id": e.blockID()}
	for k, v := range given {
		if k != "type" && k != "action_id" && k != "block_id" {
			out[k] = v
		}
	}
	return out, nil
}

func (s *Server) actSubmit(a act) (Object, error) {
	u, err := s.userID(a.As)
	if err != nil {
		return nil, err
	}
	ans, err := s.submit(u, a.ViewID, func(v *View) (Object, error) {
		return stateOf(v.Blocks, object(stateArg(a.State), "values")), nil
	})
	if err != nil {
		return nil, err
	}
	out := Object{"op": ans.Op}
	if ans.Errors != nil {
		out["errors"] = ans.Errors
	}
	if ans.View != nil {
		out["view"] = ans.View
	}
	return out, nil
}

func (s *Server) actSuggest(a act) (Object, error) {
	ref := a.ActionID
	if a.BlockID != "" {
		ref = a.BlockID + "/" + a.ActionID
	}
	channel, ts, view := a.Channel, a.TS, a.ViewID
	if a.Container.Type != "" {
		channel, ts, view = a.Container.Channel, a.Container.TS, a.Container.ViewID
	}
	if view == "" && channel == "" {
		if v := s.View(a.As); v != nil {
			view = v.ID
		}
	}
	options, err := s.Suggest(a.As, channel, ts, view, ref, a.Value)
	if options == nil {
		options = []Object{}
	}
	return Object{"options": options}, err
}
