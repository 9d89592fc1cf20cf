package slacksim

import (
	"regexp"
	"strings"
)

var (
	tokenRule = regexp.MustCompile(`<(?:[@#!][A-Za-z0-9^|._-]+|(?:https?|mailto):[^<>\s]+)>`)
	linkRule  = regexp.MustCompile(`https?://[^\s<>|]+[^\s<>|.,;:!?)'"]|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|@[a-z0-9][a-z0-9._-]*`)
	escaper   = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	unescaper = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")
)

// typed turns what a person types into the text of a message: escaped, links and addresses in angle
// brackets, "@name" a mention. What is in Slack's own brackets already stays.
func (s *Server) typed(in string) string {
	var b strings.Builder
	last := 0
	for _, at := range tokenRule.FindAllStringIndex(in, -1) {
		b.WriteString(s.linked(in[last:at[0]]))
		b.WriteString(in[at[0]:at[1]])
		last = at[1]
	}
	b.WriteString(s.linked(in[last:]))
	return b.String()
}

func (s *Server) linked(in string) string {
	var b strings.Builder
	last := 0
	for _, at := range linkRule.FindAllStringIndex(in, -1) {
		b.WriteString(escaper.Replace(in[last:at[0]]))
		b.WriteString(s.link(in[at[0]:at[1]]))
		last = at[1]
	}
	b.WriteString(escaper.Replace(in[last:]))
	return b.String()
}

func (s *Server) link(w string) string {
	switch {
	case strings.HasPrefix(w, "http"):
		return "<" + strings.ReplaceAll(w, "&", "&amp;") + ">"
	case !strings.HasPrefix(w, "@"):
		return "<mailto:" + w + "|" + w + ">"
	}
	name := strings.TrimRight(w[1:], ".-_")
	switch name {
	case "here", "channel", "everyone":
		return "<!" + name + ">" + w[1+len(name):]
	}
	if u := s.userBy(name); u != nil {
		return "<@" + u.ID + ">" + w[1+len(name):]
	}
	for _, g := range s.groups {
		if g.Handle == name {
			return "<!subteam^" + g.ID + ">" + w[1+len(name):]
		}
	}
	return escaper.Replace(w)
}

var bracketRule = regexp.MustCompile(`<([^<>]+)>`)

// richText is the block that Slack's clients add to what people write.
func richText(id, formatted string) Object {
	var els []any
	add := func(t string) {
		if t != "" {
			els = append(els, Object{"type": "text", "text": unescaper.Replace(t)})
		}
	}
	last := 0
	for _, at := range bracketRule.FindAllStringSubmatchIndex(formatted, -1) {
		add(formatted[last:at[0]])
		els = append(els, richElement(formatted[at[2]:at[3]]))
		last = at[1]
	}
	add(formatted[last:])
	return Object{"type": "rich_text", "block_id": id, "elements": []any{Object{"type": "rich_text_section", "elements": els}}}
}

func richElement(in string) Object {
	ref, label, _ := strings.Cut(in, "|")
	switch {
	case strings.HasPrefix(ref, "@"):
		return Object{"type": "user", "user_id": ref[1:]}
	case strings.HasPrefix(ref, "#"):
		return Object{"type": "channel", "channel_id": ref[1:]}
	case strings.HasPrefix(ref, "!subteam^"):
		return Object{"type": "usergroup", "usergroup_id": ref[len("!subteam^"):]}
	case strings.HasPrefix(ref, "!"):
		return Object{"type": "broadcast", "range": ref[1:]}
	}
	o := Object{"type": "link", "url": unescaper.Replace(ref)}
	if label != "" {
		o["text"] = unescaper.Replace(label)
	}
	return o
}
