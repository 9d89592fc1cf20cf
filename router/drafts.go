package router

import (
	"strings"

	"tierline/channels"
	"tierline/ticket"
)

// Drafts are what an answer begins and ends with in the form in which it is written: a greeting by language,
// channel and time of day, a word for somebody who is angry or worried, and a farewell that asks for anything
// else and says what happens next (practice: greeting, venting).
type Drafts struct {
	Off      bool     `yaml:"off"`
	Channels []string `yaml:"channels"` // in which they are used; default: email
	Sign     bool     `yaml:"sign"`     // they end with the agent's name; else a brand's signature is enough
}

func (a Drafts) in(channel string) bool {
	if a.Off {
		return false
	}
	if len(a.Channels) == 0 {
		return channel == channels.Email
	}
	for _, c := range a.Channels {
		if c == channel {
			return true
		}
	}
	return false
}

// gap is where an agent writes.
const gap = "\n\n\n\n"

// draft is how an answer may begin and end.
func (d *Desk) draft(t ticket.Ticket, name, empathy, agent string) string {
	conf := d.Config().Answers.Drafts
	if !conf.in(t.Channel) {
		return ""
	}
	s := d.speaker(t)
	begin := s.greeting(name)
	if empathy != "" && t.LastAgent.IsZero() {
		begin += "\n\n" + empathy
	}
	end := []string{s.say("farewell_ask", nil)}
	if next := s.promised(); len(next) > 0 {
		end = append(end, next...)
	} else {
		end = append(end, s.say("farewell_wait", nil))
	}
	out := begin + gap + strings.Join(end, " ")
	if conf.Sign && agent != "" {
		out += "\n\n" + s.say("farewell_name", map[string]any{"agent": agent})
	}
	return out
}

// greeting is by the time of day where the brand is.
func (s speaker) greeting(name string) string {
	if name = harmless(name); name == "" {
		return s.say("greeting_nobody", nil)
	}
	part := "greeting_day"
	switch h := s.now.In(s.zone).Hour(); {
	case h < 11:
		part = "greeting_morning"
	case h >= 18:
		part = "greeting_evening"
	}
	return s.say(part, map[string]any{"name": name})
}

// promised is what happens next, as far as somebody has given their word.
func (s speaker) promised() (list []string) {
	for _, p := range s.ticket.OpenPromises() {
		if p.State == ticket.PromiseOpen && p.Due.After(s.now) {
			list = append(list, s.due("owed_"+string(p.Kind), p.Due))
		}
	}
	return list
}
