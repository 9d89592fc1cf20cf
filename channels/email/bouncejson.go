package email

import (
	"encoding/json"
	"slices"
	"strings"
)

const maxJSONDepth = 20

// readJSON reads a report that a sending service has put into a mail as JSON: Amazon SES by SNS,
// Postmark, Mailgun, SendGrid, SparkPost. nil when it is none.
func readJSON(text string) *jsonReport {
	text = text[:min(len(text), maxReport)]
	start := strings.IndexAny(text[:min(len(text), 1_000)], "{[")
	if start < 0 || len(strings.TrimSpace(text[:start])) > 300 {
		return nil
	}
	var v any
	if json.NewDecoder(strings.NewReader(unbroken.Replace(text[start:]))).Decode(&v) != nil {
		return nil
	}
	j := &jsonReport{}
	j.walk("", v, 0)
	if len(j.report.Recipients) == 0 {
		return nil
	}
	return j
}

// jsonBounce is a report on a delivery in JSON; nil when there is none.
func jsonBounce(text string) *BounceReport {
	j := readJSON(text)
	if j == nil || !j.bounce {
		return nil
	}
	b := &j.report
	if statusCode.FindString(b.Status) != b.Status || b.Status == "" {
		b.Status = statusIn(b.Diagnostic)
	}
	if b.Status = better(b.Status, b.Diagnostic); b.Status == "" {
		b.Status = statusOf(b.Diagnostic, j.soft)
	}
	b.Action = orElse(b.Action, "failed")
	b.OriginalMessageID = anID(orElse(j.id, j.serviceID))
	b.clean()
	b.Hard = !j.soft && isHard(b, "")
	return b
}

// unbroken joins the long line that JSON is and that mail servers have broken: "!" marks where.
var unbroken = strings.NewReplacer("!\n ", "", "\r\n", " ", "\n", " ")

type jsonReport struct {
	report        BounceReport
	bounce, soft  bool
	complaint     bool
	id, serviceID string // of the mail, and the service's own
}

func (j *jsonReport) walk(key string, v any, depth int) {
	if depth > maxJSONDepth {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		if name, ok := v["name"].(string); ok && strings.EqualFold(name, "Message-ID") { // SES: a list of fields
			j.id, _ = v["value"].(string)
		}
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys) // the same report, the same reading
		for _, k := range keys {
			j.walk(strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(k)), v[k], depth+1)
		}
	case []any:
		for _, e := range v[:min(len(v), 100)] {
			j.walk(key, e, depth+1)
		}
	case string:
		j.text(key, v, depth)
	}
}

func (j *jsonReport) text(key, s string, depth int) {
	lower := strings.ToLower(s)
	b := &j.report
	switch key {
	case "message": // SNS wraps a report in a text
		var inner any
		if strings.HasPrefix(strings.TrimSpace(s), "{") && json.Unmarshal([]byte(s), &inner) == nil {
			j.walk("", inner, depth+1)
		} else if b.Diagnostic == "" {
			b.Diagnostic = s
		}
	case "notificationtype", "eventtype", "recordtype", "event", "type", "bouncetype", "severity", "bounceclass":
		j.bounce = j.bounce || strings.Contains(lower, "bounce") || lower == "failed" || lower == "dropped" || lower == "deferred"
		j.complaint = j.complaint || strings.HasPrefix(lower, "complain") || lower == "spamcomplaint" || lower == "spamreport"
		j.soft = j.soft || lower == "transient" || lower == "softbounce" || lower == "temporary" || lower == "deferred"
	case "emailaddress", "email", "recipient", "rcptto", "rcpt":
		b.add(oneIn(s))
	case "status", "enhancedstatus", "statuscode":
		if s = statusCode.FindString(s); s != "" {
			b.Status = s
		}
	case "action":
		b.Action = lower
	case "diagnosticcode", "reason", "details", "rawreason", "response", "description", "error":
		if _, rest, ok := strings.Cut(s, "; "); ok && strings.HasPrefix(lower, "smtp;") {
			s = rest
		}
		if b.Diagnostic == "" || statusIn(b.Diagnostic) == "" && statusIn(s) != "" {
			b.Diagnostic = s
		}
	case "smtpid":
		j.id = s
	case "messageid":
		if strings.Contains(s, "@") && j.id == "" {
			j.id = s
		} else if j.serviceID == "" {
			j.serviceID = s
		}
	}
}
