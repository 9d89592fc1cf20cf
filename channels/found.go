package channels

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"

	"tierline/ticket"
)

// finder finds what people look up: telephone numbers and order numbers. A number that is not sure is
// not named: agents would call strangers.
type finder struct {
	orders  []*regexp.Regexp
	country string // ISO 3166, of numbers in their national form; "" finds international ones only
}

const (
	maxFound     = 20 // of one contact, of each kind
	maxTried     = 60 // candidates for telephone numbers that are looked at closely
	leastDigits  = 7
	mostDigits   = 15 // E.164
	maxCandidate = 40 // bytes
)

func (f finder) find(text string) (list []ticket.Finding) {
	add := func(kind ticket.FindingKind, value string) {
		if one := (ticket.Finding{Kind: kind, Value: value}); value != "" && !slices.Contains(list, one) {
			list = append(list, one)
		}
	}
	for _, re := range f.orders {
		for _, m := range re.FindAllStringSubmatch(text, maxFound) {
			add(ticket.FoundOrder, strings.ToUpper(printable(m[len(m)-1])))
		}
	}
	list = list[:min(len(list), maxFound)]
	phones := 0
	for tried := 0; text != "" && tried < maxTried && phones < maxFound; tried++ {
		var c candidate
		if c, text = nextNumber(text); c.number == "" {
			break
		}
		if value := f.phone(c); value != "" {
			add(ticket.FoundPhone, value)
			phones++
		}
	}
	return list
}

// printable is a text on one line that every store takes.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.Join(strings.Fields(s), " ")
}

// candidate is what may be a telephone number, and what stands before and after it.
type candidate struct{ before, number, after string }

// nextNumber cuts at the next row of digits with what people write between them.
func nextNumber(s string) (c candidate, rest string) {
	for i := 0; i < len(s); i++ {
		if b := s[i]; b != '+' && b != '(' && (b < '0' || b > '9') {
			continue
		}
		end, digits := i, 0
		for end < len(s) && end-i < maxCandidate && strings.IndexByte("0123456789()-/. \u00a0\t", s[end]) >= 0 || end == i {
			if s[end] >= '0' && s[end] <= '9' {
				digits++
			}
			end++
		}
		if digits < leastDigits {
			i = end - 1
			continue
		}
		number := strings.TrimRight(s[i:end], " ()-/.\t\u00a0")
		return candidate{before: s[max(0, i-24):i], number: number, after: s[i+len(number):]}, s[end:]
	}
	return candidate{}, ""
}

var (
	callWords = regexp.MustCompile(`(?i)(?:tel|telefon\w*|phone|fon|mobil\w*|mob|cell|handy|call(?: me)?(?: at| on| back)?|ring|rückruf\w*|erreich\w*|nummer|fax|téléphone|tél|teléfono|telefono|móvil|cellulare|telefoon|mobiel|portable|num[eé]ro)\W{0,6}(?:(?:unter|at|on|is|ist|bitte|please|nr|no|number|au|al|:)\W{0,3}){0,2}$`)
	dateLike  = regexp.MustCompile(`^(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4})\b`)
	ipLike    = regexp.MustCompile(`^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$`)
)

// phone is a candidate in its international form; "" when it is no telephone number for sure. An
// international one says so itself. A national one must be of the country, and look like one: have the
// blanks and signs that people write, or a word before it that says so.
func (f finder) phone(c candidate) string {
	digits := 0
	for i := range len(c.number) {
		if c.number[i] >= '0' && c.number[i] <= '9' {
			digits++
		}
	}
	international := strings.HasPrefix(c.number, "+") || strings.HasPrefix(c.number, "00")
	switch {
	case digits < leastDigits || digits > mostDigits+2 || glued(c) || ipLike.MatchString(c.number):
		return ""
	case !international && (f.country == "" || dateLike.MatchString(c.number)):
		return ""
	case !international && !callWords.MatchString(c.before) && !grouped(c.number):
		return ""
	}
	number := c.number
	if strings.HasPrefix(number, "00") {
		number = "+" + number[2:]
	}
	n, err := phonenumbers.Parse(strings.Replace(number, "(0)", "", 1), f.country)
	if err != nil || !phonenumbers.IsValidNumber(n) {
		return ""
	}
	return phonenumbers.Format(n, phonenumbers.E164)
}

// glued says that a candidate is part of something longer: a code, a link, an amount.
func glued(c candidate) bool {
	if c.before != "" {
		last := c.before[len(c.before)-1]
		if isWord(last) || strings.IndexByte("#=_-/.,%&@:$", last) >= 0 && !strings.HasSuffix(strings.ToLower(c.before), "tel:") {
			return last != ':' && last != '.' || strings.Contains(c.before, "://") // "Tel.:030 …" is none
		}
	}
	if c.after == "" {
		return false
	}
	next := c.after[0]
	return isWord(next) || next == '@' || next == '_' || next == '%' ||
		(next == ',' || next == ':') && len(c.after) > 1 && c.after[1] >= '0' && c.after[1] <= '9'
}

func isWord(b byte) bool { return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= 0x80 }

// grouped says that a national number begins as they do, and its digits stand in groups.
func grouped(s string) bool {
	return (s[0] == '0' || s[0] == '(') && strings.ContainsAny(s[1:], " /-()")
}
