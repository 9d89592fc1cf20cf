package slackapp

import (
	"regexp"
	"strings"
)

// Ids of what is outside the home installation are written KEY/ID ("T0BETA/C042"), where KEY is the
// installation's; those of the home are bare, as Slack gives them. So an id names one thing whatever workspace it is
// of, and what was stored when there was one workspace only stays true.

// SplitID takes an id apart: the key of its installation ("" is the home), and the id as Slack knows it.
func SplitID(id string) (key, bare string) {
	if at := strings.IndexByte(id, '/'); at > 1 && isKey(id[:at]) && at+1 < len(id) {
		return id[:at], id[at+1:]
	}
	return "", id
}

// Bare is an id as Slack knows it.
func Bare(id string) string {
	_, bare := SplitID(id)
	return bare
}

// JoinID is the id of something in an installation; key "" is the home.
func JoinID(key, bare string) string {
	if key == "" || bare == "" {
		return bare
	}
	return key + "/" + bare
}

// isKey says whether this is a workspace's or an organization's id.
func isKey(s string) bool {
	if len(s) < 2 || s[0] != 'T' && s[0] != 'E' {
		return false
	}
	return plainID(s)
}

// plainID says whether s could be an id of Slack's.
func plainID(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return s != ""
}

// Place is where a message stands: "C123/1700000000.000100", or "T0BETA/C042/1700000000.000100".
func Place(channel, ts string) string { return channel + "/" + ts }

// SplitPlace takes a place apart; ok is false when it is none.
func SplitPlace(s string) (channel, ts string, ok bool) {
	at := strings.LastIndexByte(s, '/')
	if at < 1 || at+1 == len(s) {
		return "", "", false
	}
	return s[:at], s[at+1:], true
}

// mention is a person or a channel within a text, as Slack writes it, or as the program does.
// https://docs.slack.dev/messaging/formatting-message-text#mentioning-users
var mention = regexp.MustCompile(`<([@#])((?:[TE][A-Z0-9_]+/)?[A-Z][A-Z0-9_]+)(\|[^<>]*)?>`)

// joinMentions makes the ids of mentions within a text from Slack those of an installation.
func joinMentions(key, text string) string {
	if key == "" || !strings.Contains(text, "<") {
		return text
	}
	return mention.ReplaceAllStringFunc(text, func(tag string) string {
		p := mention.FindStringSubmatch(tag)
		if k, _ := SplitID(p[2]); k != "" {
			return tag
		}
		return "<" + p[1] + JoinID(key, p[2]) + p[3] + ">"
	})
}

// splitMentions makes the mentions within a text fit for an installation; those of others become names, as name
// gives them.
func splitMentions(key, text string, name func(id string) string) string {
	if !strings.Contains(text, "<@") && !strings.Contains(text, "<#") {
		return text
	}
	return mention.ReplaceAllStringFunc(text, func(tag string) string {
		p := mention.FindStringSubmatch(tag)
		k, bare := SplitID(p[2])
		switch label := strings.TrimPrefix(p[3], "|"); {
		case k == key:
			return "<" + p[1] + bare + p[3] + ">"
		case label != "":
			return p[1] + label
		case p[1] == "@":
			return "@" + Escape(first(name(p[2]), "somebody"))
		default:
			return "a channel of another workspace"
		}
	})
}
