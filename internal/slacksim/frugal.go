package slacksim

import (
	"net/http"
	"slices"
)

// Frugal makes the server one that only speaks like Slack, as emulators and proxies do: it keeps what Slack's
// documents promise of each call and event, or what an app can do without, and leaves out the rest. The token is taken
// from the header only. Nothing bears metadata, a bot's id, an event's id, or what a person's profile tells.
type Frugal struct {
	On      bool
	Without []string // methods that it does not know: 404 and unknown_method
}

// Bare lacks what an app can do without.
func Bare() Frugal {
	return Frugal{On: true, Without: []string{"bots.info", "chat.unfurl", "conversations.info", "conversations.invite", "conversations.open",
		"dnd.teamInfo", "reactions.add", "reactions.remove", "team.info", "usergroups.list", "usergroups.users.list", "users.getPresence",
		"users.lookupByEmail", "views.push"}}
}

func (f Frugal) lacks(method string) bool { return f.On && slices.Contains(f.Without, method) }

// status is that of an answer: others than Slack do not answer everything with 200.
func (f Frugal) status(o Object) int {
	if f.On && o["ok"] == false {
		switch o["error"] {
		case "not_authed", "invalid_auth":
			return http.StatusUnauthorized
		case "unknown_method":
			return http.StatusNotFound
		}
	}
	return http.StatusOK
}

// answer takes out of an answer what is not promised.
func (f Frugal) answer(method string, o Object) Object {
	if !f.On || o["ok"] != true {
		return o
	}
	switch method {
	case "auth.test":
		return only(o, "ok", "user_id", "team_id")
	case "chat.postMessage", "chat.update", "chat.delete":
		return only(o, "ok", "channel", "ts")
	case "chat.postEphemeral":
		return only(o, "ok", "message_ts")
	case "conversations.history", "conversations.replies":
		for i, m := range list(o, "messages") {
			o["messages"].([]any)[i] = f.message(m)
		}
	case "conversations.list":
		for i, c := range list(o, "channels") {
			o["channels"].([]any)[i] = only(c, "id", "name")
		}
	case "users.info":
		o["user"] = only(object(o, "user"), "id", "name")
	case "views.open", "views.update", "views.publish":
		return only(o, "ok")
	case "files.completeUploadExternal":
		return only(o, "ok", "files")
	}
	return o
}

func (f Frugal) message(m Object) Object {
	keys := []string{"type", "subtype", "user", "text", "ts", "thread_ts", "files", "latest_reply", "edited", "reactions", "channel", "message", "previous_message"}
	if m["user"] == nil { // nothing else tells whose it is
		keys = append(keys, "bot_id")
	}
	return only(m, keys...)
}

// payload takes out of what is sent to the app what is not promised.
func (f Frugal) payload(kind string, p Object) Object {
	if !f.On {
		return p
	}
	if kind == kindEvent {
		ev := object(p, "event")
		if text(ev, "type") == "message" {
			ev = f.message(ev)
		}
		return Object{"type": "event_callback", "event": ev}
	}
	if kind == kindSlash {
		return only(p, "command", "text", "user_id", "channel_id", "trigger_id", "response_url")
	}
	out := only(p, "type", "user", "actions", "trigger_id", "container", "channel", "view", "callback_id", "message")
	if u := object(p, "user"); u != nil {
		out["user"] = only(u, "id")
	}
	if c := object(p, "container"); c != nil {
		out["container"] = only(c, "type", "message_ts", "channel_id", "view_id")
	}
	if m := object(p, "message"); m != nil {
		out["message"] = only(m, "type", "user", "text", "ts")
	}
	return out
}

// only is what an object has of these.
func only(o Object, keys ...string) Object {
	out := Object{}
	for _, k := range keys {
		if v, ok := o[k]; ok {
			out[k] = v
		}
	}
	return out
}
