package email

import (
	"regexp"
	"strings"
)

// How mail programs introduce what they quote, in the languages of this gateway's customers. All
// expressions are RE2: linear in the text, which is itself cut to maxAttribution.
const (
	maxAttribution = 400 // bytes
	verbs          = `(?:wrote|writes|schrieb|schreibt|a écrit|écrit|escribió|ha scritto|scrive|schreef|schrijft|` +
		`geschreven|escreveu|skrev|napisał|napisała|napisał\(a\)|kirjoitti)`
	mailAddress = `(?:<|\[|‹|\()?(?:mailto:)?[^\s<>@]+@[^\s<>@]+`
)

var (
	anchored = []*regexp.Regexp{ // by how they begin
		// On Mon, 3 Apr 2023 at 10:12, Jane Doe <jane@example.org> wrote:
		regexp.MustCompile(`(?i)^[-*\s]*(?:on|am|le|el|il|op|em|den|w dniu|il giorno|an?m?)\s.+[\s>]` + verbs + `(?:\s.*)?\s?[:：]$`),
		// 2023/4/3 Jane Doe <jane@example.org>
		regexp.MustCompile(`^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}.+` + mailAddress + `.?.?.?$`),
	}
	floating = []*regexp.Regexp{
		// Jane Doe <jane@example.org> schrieb am Mo., 3. Apr. 2023, 10:12:
		regexp.MustCompile(`(?i)^.*` + mailAddress + `.*[\s>]` + verbs + `(?:\s.*)?\s?[:：]$`),
		// Jane Doe schrieb am 03.04.23 um 10:12:
		regexp.MustCompile(`(?i)^.+\s` + verbs + `\s.*\d.*[:：]$`),
	}
	separator = regexp.MustCompile(`(?i)^[\s>]*(?:[-*_=]{2,}\s*)(?:original(?: e-?mail)? message|original appointment|` +
		`forwarded message|reply message|ursprüngliche (?:nachricht|mail)|original-?nachricht|weitergeleitete nachricht|` +
		`message (?:d'origine|d’origine|original|transféré|transfere)|mensaje (?:original|reenviado)|` +
		`messaggio (?:originale|inoltrato)|oorspronkelijk bericht|doorgestuurd bericht|mensagem original)\s*[-*_=:]*$`)
	bareSeparator = regexp.MustCompile(`(?i)^(?:begin forwarded message|anfang der weitergeleiteten nachricht|` +
		`début du message (?:transféré|réexpédié)|inicio del mensaje reenviado|inizio messaggio inoltrato|` +
		`begin doorgestuurd bericht)\s*:$`)
	headerLine = regexp.MustCompile(`(?i)^[\s*_\x{200e}\x{200f}\x{202a}-\x{202e}]*(?:` +
		`(?P<from>from|von|de|da|van|expéditeur|remitente|mittente)|` +
		`(?P<date>sent|date|gesendet|datum|envoyé(?: le)?|fecha|enviado(?: el)?|data|inviato|verzonden)|` +
		`(?P<to>to|an|à|a|para|aan|pour|cc|kopie)|` +
		`(?P<subject>subject|betreff|objet|asunto|oggetto|onderwerp|assunto))[*_]*\s?[*_]*:[*_]*(?:\s|\S+@|$)`)
	device = regexp.MustCompile(`(?i)^(?:sent from my(?: \w+){1,4}|sent from (?:yahoo mail|outlook|mail|proton|gmail|samsung)\b.{0,60}|` +
		`get outlook for .{2,40}|von mein(?:em|er) .{2,40} gesendet|gesendet (?:mit|von|über) .{2,60}|` +
		`diese nachricht wurde von meinem .{2,60} gesendet|envoyé (?:de|depuis) mo[nm].{2,60}|envoyé à partir de .{2,60}|` +
		`enviado desde mi .{2,40}|inviato d[ai]l? .{2,40}|verzonden vanaf .{2,40}|verstuurd vanaf .{2,40})\.?$`)
)

// attribution is how many lines at the start introduce a quotation: 0 is none. Lines of the sender's
// that stand right above are no part of it: what begins later goes before what began earlier.
func attribution(lines []line) int {
	if !mayIntroduce(lines[:min(len(lines), 4)]) {
		return 0
	}
	n := introduces(lines, anchored, 4)
	for i := 1; i < n; i++ {
		if introduces(lines[i:], anchored, n-i) > 0 {
			return 0
		}
	}
	if n > 0 {
		return n
	}
	if n = introduces(lines, floating, 2); n > 1 && attribution(lines[1:2]) > 0 {
		return 0
	}
	if n > 1 && introduces(lines[1:], anchored, 4) > 0 {
		return 0
	}
	return n
}

// mayIntroduce rules out most lines cheaply: an attribution ends with a colon, or begins with a date.
func mayIntroduce(lines []line) bool {
	for i, l := range lines {
		if l.kind != plain || l.text == "" {
			return false
		}
		if strings.HasSuffix(l.text, ":") || strings.HasSuffix(l.text, "：") || i == 0 && strings.ContainsAny(l.text[:min(len(l.text), 4)], "0123456789") {
			return true
		}
	}
	return false
}

// introduces is how many lines, joined, match one of the forms.
func introduces(lines []line, forms []*regexp.Regexp, most int) int {
	joined := ""
	for n := 0; n < most && n < len(lines); n++ {
		text := strings.TrimSpace(lines[n].text)
		if lines[n].kind != plain || text == "" || len(joined)+len(text) > maxAttribution {
			return 0
		}
		joined = strings.TrimSpace(joined + " " + text)
		colon := strings.HasSuffix(joined, ":") || strings.HasSuffix(joined, "：")
		dated := joined[0] >= '0' && joined[0] <= '9' && strings.Contains(joined, "@")
		if !colon && !dated || !strings.ContainsAny(joined, "@0123456789") {
			continue
		}
		for _, re := range forms {
			if re.MatchString(joined) {
				return n + 1
			}
		}
	}
	return 0
}

// history says whether the header of an earlier mail begins here.
func history(lines []line) bool {
	text := lines[0].text
	if n := len(strings.TrimSpace(text)); n < 4 || len(text) > 500 {
		return false
	}
	if !strings.ContainsAny(text[:min(len(text), 100)], ":-_*=") {
		return false
	}
	if separator.MatchString(text) || bareSeparator.MatchString(text) {
		return true
	}
	if rule := strings.TrimSpace(text); len(rule) >= 5 && strings.Trim(rule, "_-") == "" {
		n := next(lines, 1)
		return n < len(lines) && n < 4 && headerBlock(lines[n:])
	}
	return headerBlock(lines)
}

// headerBlock says whether the lines are the header of a mail: its sender, and two more of date,
// recipient and subject, within a few lines. An appointment's date, time and place are not.
func headerBlock(lines []line) bool {
	found := map[string]bool{}
	misses := 0
	for i, l := range lines[:min(len(lines), 9)] {
		if isBlank(l.text) && i > 0 && len(found) > 1 {
			break
		}
		m := headerLine.FindStringSubmatchIndex(l.text[:min(len(l.text), 200)])
		if m == nil {
			if i == 0 {
				return false
			}
			if misses++; misses > 2 {
				break
			}
			continue
		}
		for g, name := range headerLine.SubexpNames() {
			if g > 0 && m[2*g] >= 0 {
				found[name] = true
			}
		}
	}
	return found["from"] && len(found) >= 3
}

// deviceLine says whether a line is the advertisement of a mail program. A sentence that begins alike
// ("Sent from my desk it is easier to …") is longer.
func deviceLine(s string) bool {
	s = strings.TrimSpace(s)
	return len(s) < 100 && device.MatchString(s)
}
