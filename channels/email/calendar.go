package email

import (
	"strings"
	"time"
)

// calendarText is what an invitation says, readable: what it wants, what it is about, when and where.
// It is "" when there is nothing in it. Only the first event or task is shown (RFC 5545).
func calendarText(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	s = strings.NewReplacer("\n ", "", "\n\t", "").Replace(s) // folded lines, §3.1
	at := map[string]string{}
	inside, taken := "", false
	for line := range strings.SplitSeq(s, "\n") {
		name, value := calendarLine(line)
		switch {
		case name == "BEGIN" && !taken && (value == "VEVENT" || value == "VTODO" || value == "VFREEBUSY"):
			inside, taken = value, true
		case name == "END" && value == inside:
			inside = ""
		case name == "BEGIN" && inside != "": // an alarm within
			at["skip"] = value
		case name == "END" && value == at["skip"]:
			delete(at, "skip")
		case at["skip"] != "":
		case name == "METHOD" || inside != "" && at[name] == "":
			at[name] = value
		}
	}
	var b strings.Builder
	add := func(label, key string) {
		if v := strings.TrimSpace(at[key]); v != "" {
			b.WriteString(label + ": " + cutRunes(v, 2_000) + "\n")
		}
	}
	label, ok := calendarMethods[strings.ToUpper(at["METHOD"])]
	if !ok {
		label = "Calendar"
	}
	if at["SUMMARY"] == "" && at["DTSTART"] == "" {
		return ""
	}
	add(label, "SUMMARY")
	add("Start", "DTSTART")
	add("End", "DTEND")
	add("Due", "DUE")
	add("Location", "LOCATION")
	add("Organizer", "ORGANIZER")
	if d := strings.TrimSpace(at["DESCRIPTION"]); d != "" {
		b.WriteString("\n" + d + "\n")
	}
	return b.String()
}

// calendarMethods are the wishes of RFC 5546 §1.4.
var calendarMethods = map[string]string{"REQUEST": "Invitation", "PUBLISH": "Event", "CANCEL": "Cancelled", "REPLY": "Answer to an invitation",
	"COUNTER": "Other proposal", "DECLINECOUNTER": "Proposal declined", "REFRESH": "Asked for again", "ADD": "Added"}

func calendarLine(line string) (name, value string) {
	quoted := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			quoted = !quoted
		case c == ':' && !quoted:
			head, _ := cutParam(line[:i])
			value, rest := line[i+1:], line[len(head):i]
			switch name = strings.ToUpper(strings.TrimSpace(head)); name {
			case "DTSTART", "DTEND", "DUE":
				return name, calendarTime(value, rest)
			case "ORGANIZER":
				if len(value) > 7 && strings.EqualFold(value[:7], "mailto:") {
					value = value[7:]
				}
				return name, value
			}
			return name, strings.NewReplacer(`\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";", `\\`, `\`).Replace(value)
		}
	}
	return "", ""
}

func calendarTime(value, rest string) string {
	zone := ""
	if _, p := params("x" + rest); p["tzid"] != "" {
		zone = " (" + cutRunes(p["tzid"], 60) + ")"
	}
	value = strings.TrimSpace(value)
	if t, err := time.Parse("20060102T150405Z", value); err == nil {
		return t.Format("2006-01-02 15:04 UTC")
	}
	if t, err := time.Parse("20060102T150405", value); err == nil {
		return t.Format("2006-01-02 15:04") + zone
	}
	if t, err := time.Parse("20060102", value); err == nil {
		return t.Format("2006-01-02")
	}
	return value + zone
}
