package phone

import (
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"
	"time"

	"tierline/ticket"
)

// parseVTT reads WebVTT (https://www.w3.org/TR/webvtt1/) with voices: <v Anna>Hello. NOTE blocks may
// say "call_id: …" and the like, one a line.
func parseVTT(text string) (Call, error) {
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n")
	if lines[0] != "WEBVTT" && !strings.HasPrefix(lines[0], "WEBVTT ") && !strings.HasPrefix(lines[0], "WEBVTT\t") {
		return Call{}, unreadable("line 1", "a WebVTT file begins with WEBVTT")
	}
	c := Call{Format: "webvtt"}
	for at := 1; at < len(lines); {
		if lines[at] == "" {
			at++
			continue
		}
		end := at
		for end < len(lines) && lines[end] != "" {
			end++
		}
		if err := c.block(lines[at:end], at+1); err != nil {
			return Call{}, err
		}
		at = end
	}
	return c, nil
}

// block reads what stands between two empty lines.
func (c *Call) block(lines []string, first int) error {
	word, _, _ := strings.Cut(strings.ReplaceAll(lines[0], "\t", " "), " ")
	switch {
	case strings.Contains(lines[0], "-->"):
		return c.cue(lines[0], lines[1:], first)
	case len(lines) > 1 && strings.Contains(lines[1], "-->"):
		return c.cue(lines[1], lines[2:], first+1)
	case word == "NOTE":
		return c.note(append([]string{strings.TrimPrefix(lines[0], "NOTE")}, lines[1:]...), first)
	case word == "STYLE" || word == "REGION" || first == 2: // first == 2: the rest of the header
		return nil
	}
	return unreadable(fmt.Sprintf("line %d", first), "neither a cue nor a NOTE: %.40q", lines[0])
}

func (c *Call) note(lines []string, first int) error {
	for i, l := range lines {
		key, value, ok := strings.Cut(l, ":")
		if value = strings.TrimSpace(value); !ok || value == "" {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "call_id":
			c.ID = value
		case "from":
			c.From = value
		case "to":
			c.To = value
		case "direction":
			c.Direction = value
		case "language":
			c.Language = value
		case "agent":
			c.Agent = value
		case "started_at":
			at, err := time.Parse(time.RFC3339, value)
			if err != nil {
				return fault(fmt.Sprintf("line %d", first+i), "%.40q is no time of RFC 3339", value)
			}
			c.Started = at
		}
	}
	return nil
}

var (
	timing  = regexp.MustCompile(`^\s*([0-9:.]+)[ \t]+-->[ \t]+([0-9:.]+)(?:[ \t].*)?$`)
	instant = regexp.MustCompile(`^(?:(\d{2,4}):)?([0-5]\d):([0-5]\d)\.(\d{3})$`)
	voice   = regexp.MustCompile(`<v(?:\.[^\s>]*)?[ \t\n]+([^>]*)>`)
	vttTag  = regexp.MustCompile(`</?[a-zA-Z0-9:.][^<>]*>`)
)

func (c *Call) cue(times string, payload []string, line int) error {
	m := timing.FindStringSubmatch(times)
	if m == nil {
		return unreadable(fmt.Sprintf("line %d", line), "no times of a cue: %.60q", times)
	}
	start, ok1 := vttTime(m[1])
	end, ok2 := vttTime(m[2])
	if !ok1 || !ok2 || end < start {
		return unreadable(fmt.Sprintf("line %d", line), "no times of a cue: %.60q", times)
	}
	if len(c.Turns) > maxTurns {
		return fault(fmt.Sprintf("line %d", line), "more than %d turns", maxTurns)
	}
	text := strings.Join(payload, "\n")
	voices := voice.FindAllStringSubmatchIndex(text, -1)
	add := func(who, said string) {
		if said = oneLine(html.UnescapeString(vttTag.ReplaceAllString(said, ""))); said != "" {
			c.Turns = append(c.Turns, ticket.Turn{Speaker: html.UnescapeString(who), StartMS: start, EndMS: end, Text: said})
		}
	}
	if len(voices) == 0 {
		add("", text)
		return nil
	}
	add("", text[:voices[0][0]])
	for i, v := range voices {
		until := len(text)
		if i+1 < len(voices) {
			until = voices[i+1][0]
		}
		add(text[v[2]:v[3]], text[v[1]:until])
	}
	return nil
}

// vttTime reads "01:02:03.456" or "02:03.456" as milliseconds.
func vttTime(s string) (int64, bool) {
	m := instant.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	n := make([]int64, 4)
	for i, d := range m[1:] {
		n[i], _ = strconv.ParseInt(d, 10, 64) // digits, or empty for no hours
	}
	return ((n[0]*60+n[1])*60+n[2])*1000 + n[3], true
}
