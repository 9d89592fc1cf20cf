package email

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// anyHeader is how many lines at the start are the header of a mail, in whichever form; 0 for none.
func anyHeader(lines []line) int {
	if n := headerBlock(lines); n > 0 {
		return n
	}
	return looseHeader(lines)
}

// looseHeader is headerBlock for headers without colons: "From Jane <jane@example.org>", with a blank, more of
// them or a tab between, or as Notes does it, each key on a line of its own below name and date.
func looseHeader(lines []line) int {
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(lines[0].text, " \t*"))
	if !unicode.IsUpper(r) && !unicode.IsTitle(r) && !unspaced(r) || len(lines) < 3 {
		return 0
	}
	if n := columnHeader(lines); n > 0 {
		return n
	}
	return notesHeader(lines)
}

// columnHeader: at least three fields in a row, the sender's and what shows that it is a mail among them.
func columnHeader(lines []line) int {
	var found [fieldOther + 1]int
	address, dated, end := false, false, 0
	for i := 0; i < len(lines) && i < 8; i++ {
		f, value := columnField(lines[i].text)
		if f == noField {
			break
		}
		found[f]++
		c := cluesOf(lines[i].text)
		address = address || f == fieldFrom && strings.Contains(value, "@")
		dated = dated || f == fieldDate && c&(hasDate|hasYear) != 0 && c&hasTime != 0
		end = i + 1
	}
	others := min(found[fieldTo], 1) + min(found[fieldSubject], 1) + min(found[fieldDate], 1)
	if found[fieldFrom] == 1 && (address && others >= 2 || dated && others == 3) { // a journey has no subject
		return end
	}
	return 0
}

// columnField reads "Subject   Pump".
func columnField(text string) (fieldKind, string) {
	text = strings.Trim(text, " \t*|")
	if text == "" || len(text) > 300 {
		return noField, ""
	}
	at := strings.IndexAny(text, "\t ")
	if at < 0 {
		return noField, ""
	}
	key, value := text[:at], strings.TrimSpace(text[at:])
	return headerKeys[strings.ToLower(strings.TrimRight(key, ":"))], value
}

// notesHeader: "Jane Doe/ACME", "03.04.2023 10:12", and below "To", its value, "cc", "Subject", its value.
func notesHeader(lines []line) int {
	name, when := lines[0].text, strings.TrimSpace(lines[1].text)
	if c := cluesOf(when); c&startDate == 0 || c&hasTime == 0 || c&(hasDate|hasYear) == 0 || c&(hasAddr|endColon) != 0 || len(when) > 40 {
		return 0
	}
	if len(name) > 100 || !strings.ContainsAny(name, "@/") && !properName(name) {
		return 0
	}
	to, subject := false, false
	for i := 2; i < len(lines) && i < 16; i++ {
		text := strings.TrimSpace(lines[i].text)
		if strings.Contains(text, ":") && i < 4 {
			return 0
		}
		f := headerKeys[strings.ToLower(text)]
		if f == noField && text != "" {
			f, _ = columnField(text)
		}
		to = to || f == fieldTo
		if subject = f == fieldSubject; subject {
			if to {
				if strings.ContainsAny(text, " \t") {
					return i + 1
				}
				return min(i+2, len(lines))
			}
			break
		}
	}
	return 0
}

// headedSeparator: "---- Original message ---- From: Jane <jane@example.org> Sent: …", all on one line.
func headedSeparator(text string) (original, forward bool) {
	text = strings.TrimSpace(text)
	if len(text) < 20 || len(text) > 1000 || strings.Trim(text[:3], "-*_=") != "" && !strings.HasPrefix(text, "—") {
		return false, false
	}
	rest := strings.TrimLeft(text, "-–—*_= ")
	end := strings.IndexAny(rest, "-*_=")
	if end <= 0 || end > 80 {
		return false, false
	}
	phrase := strings.ToLower(strings.TrimSpace(rest[:end]))
	if rest = strings.TrimLeft(rest[end:], "-–—*_= "); !originals()[phrase] && !forwards()[phrase] {
		return false, false
	}
	if f, _ := headerField(rest); f == noField {
		return false, false
	}
	return originals()[phrase], forwards()[phrase]
}

// lineHeader is 1 for a header whose fields all stand on one line: "From: Jane <jane@example.org> Sent: …".
func lineHeader(text string) int {
	if len(text) > 1000 || strings.Count(text, ":") < 3 {
		return 0
	}
	var found [fieldOther + 1]bool
	for i := 0; i < len(text); i++ {
		if text[i] == ':' {
			found[keyBefore(text[:i])] = true
		}
	}
	c := cluesOf(text[:min(len(text), maxClueLine)])
	if found[fieldFrom] && found[fieldSubject] && (found[fieldTo] || found[fieldDate]) && (c&hasAddr != 0 || c&hasTime != 0 && c&(hasDate|hasYear) != 0) {
		return 1
	}
	return 0
}

// keyBefore is the key of a field that ends a text: one word, which may be written to what stands before it.
func keyBefore(text string) fieldKind {
	text = strings.TrimRight(text[max(0, len(text)-30):], " *")
	at := strings.LastIndexFunc(text, func(r rune) bool { return !unicode.IsLetter(r) })
	return headerKeys[strings.ToLower(text[at+1:])]
}
