package email

import (
	"regexp"
	"strings"

	"tierline/customer"
)

// Address is a mail address with the name that stood before it.
type Address struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address"`
}

// maxAddresses is how many addresses of one field are read.
const maxAddresses = 500

// addresses reads a list of addresses, also a faulty one: commas and at-signs in names without quotes,
// stray quotes and brackets, semicolons, groups, trailing dots. Entries without an address are left
// out. charset is for raw 8-bit names.
func addresses(s, charset string) []Address {
	var list []Address
	var name string // an entry without an address belongs to the name of the next: Doe, John <j@x>
	for len(list) < maxAddresses && s != "" {
		var entry string
		entry, s = cutEntry(s)
		if !strings.Contains(entry, "@") && s != "" {
			if strings.Contains(entry, "<>") { // whole, and nobody's
				name = ""
			} else if len(name) < 4*maxName {
				name = strings.TrimSpace(name + ", " + strings.TrimSpace(entry))
			}
			continue
		}
		a, ok := oneAddress(entry, charset)
		if !ok {
			continue
		}
		if name = strings.Trim(name, ", "); name != "" && strings.Contains(entry, "<") {
			a.Name = cleanName(decodeWords(name, charset) + ", " + a.Name)
		}
		name = ""
		list = append(list, a)
	}
	return list
}

// cutEntry cuts at the next comma or semicolon outside of quotes, comments and angle brackets. A group
// ("Friends: a@x, b@x;") loses its name.
func cutEntry(s string) (entry, rest string) {
	start, angle, end := 0, false, 0 // end: behind the last address in brackets
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			if n := closing(s[i+1:], '"'); n >= 0 {
				i += n + 1
			}
		case '(':
			if n := closing(s[i+1:], ')'); n >= 0 {
				i += n + 1
			}
		case '<':
			if end > 0 && strings.Contains(s[i:min(len(s), i+400)], "@") { // A <a@x> B <b@x>: the comma is missing
				return s[start:end], s[end:]
			}
			angle = closing(s[i+1:], '>') >= 0
		case '>':
			if angle && strings.Contains(s[max(start, i-400):i], "@") && strings.IndexByte(s[max(start, i-400):i], '<') >= 0 {
				end = i + 1
			}
			angle = false
		case ':':
			if !angle && !strings.Contains(s[start:i], "@") && !strings.HasSuffix(strings.ToLower(s[start:i]), "mailto") {
				start = i + 1
			}
		case ',', ';':
			if !angle {
				return s[start:i], s[i+1:]
			}
		}
	}
	return s[start:], ""
}

// closing finds c within the reach of one name, which is never very long.
func closing(s string, c byte) int {
	for i := 0; i < len(s) && i < 1000; i++ {
		if s[i] == '\\' {
			i++
		} else if s[i] == c {
			return i
		}
	}
	return -1
}

func oneAddress(entry, charset string) (Address, bool) {
	entry = strings.TrimSpace(entry)
	var name, addr string
	if open := strings.LastIndexByte(entry, '<'); open >= 0 && strings.Contains(entry[open:], "@") {
		var behind string
		addr, behind, _ = strings.Cut(entry[open+1:], ">")
		if name = entry[:open]; strings.TrimSpace(name) == "" {
			name = behind
		}
		if i := strings.IndexByte(addr, ':'); i >= 0 && strings.HasPrefix(addr, "@") { // source route, RFC 5322 §4.4
			addr = addr[i+1:]
		}
	} else {
		entry = obsoleteBlanks.ReplaceAllString(entry, "$1$2")
		at := strings.LastIndexByte(entry, '@')
		if bare := withoutNested(entry); at < 0 || !strings.Contains(bare, "@") && strings.Contains(entry, "(") && strings.TrimSpace(bare) != "" {
			return Address{}, false
		}
		if open := strings.IndexByte(entry, '('); open > 0 && open < at && strings.Contains(entry[:open], "@") {
			at = strings.LastIndexByte(entry[:open], '@') // jane@x (was jane@y)
		}
		from := strings.LastIndexAny(entry[:at], " \t<>(\"',") + 1
		to := at + 1
		for to < len(entry) && !strings.ContainsRune(" \t<>()\"',;", rune(entry[to])) {
			to++
		}
		if addr = entry[from:to]; strings.HasPrefix(entry, `"`) && from > 0 && entry[from-1] == '"' { // "john doe"@x
			addr, from = entry[:to], 0
		}
		name = strings.TrimSpace(entry[:from] + " " + entry[to:])
	}
	addr = cleanAddr(addr, charset)
	if local, _, _ := strings.Cut(addr, "@"); strings.HasSuffix(local, ":") {
		return Address{}, false // the end of a group that a server has put its domain behind
	}
	i, err := customer.Identity{Kind: customer.Email, Value: addr}.Normal()
	if err != nil {
		return Address{}, false
	}
	return Address{Name: displayName(name, charset), Address: i.Value}, true
}

// obsoleteBlanks stand around the dots and the at sign of old addresses (RFC 5322 §4.4).
var obsoleteBlanks = regexp.MustCompile(`[ \t]+([.@])[ \t]*([a-zA-Z0-9])`)

// displayName is the name before an address, or the comment behind it: decoded, without the quotes of
// its syntax.
func displayName(s, charset string) string {
	s = strings.TrimSpace(s)
	if inner, ok := strings.CutPrefix(s, "("); ok && strings.HasSuffix(inner, ")") {
		s = inner[:len(inner)-1]
	}
	if strings.HasPrefix(s, `"`) || strings.Contains(s, "=?") {
		var b strings.Builder
		for i := 0; i < len(s); i++ {
			switch {
			case s[i] == '\\' && i+1 < len(s):
				i++
				b.WriteByte(s[i])
			case s[i] != '"':
				b.WriteByte(s[i])
			}
		}
		s = b.String()
	} else {
		s = strings.NewReplacer(`\"`, `"`, `\\`, `\`, `\)`, `)`, `\(`, `(`).Replace(s)
	}
	return cleanName(decodeWords(s, charset))
}

// withoutComments takes out what stands in parentheses (RFC 5322 §3.2.2), one level deep.
func withoutComments(s string) string {
	var b strings.Builder
	for {
		open := strings.IndexByte(s, '(')
		if open < 0 {
			break
		}
		end := strings.IndexByte(s[open:], ')')
		if end < 0 {
			break
		}
		b.WriteString(s[:open])
		s = s[open+end+1:]
	}
	return b.String() + s
}

func cleanAddr(s, charset string) string {
	s = decodeWords(strings.TrimSpace(withoutNested(s)), charset)
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s, _, _ = strings.Cut(s[7:], "?")
	}
	s = strings.Trim(s, "<>[]()'`.,;: \t\r\n")
	if strings.Count(s, "\"")%2 == 1 {
		s = strings.ReplaceAll(s, "\"", "")
	}
	return strings.Join(strings.Fields(s), "")
}

const maxName = 200 // runes

func cleanName(s string) string {
	s = strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || isOverride(c) {
			return ' '
		}
		return c
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	for {
		t := strings.Trim(s, " ,;<>")
		if len(t) > 1 && (t[0] == '"' && t[len(t)-1] == '"' || t[0] == '\'' && t[len(t)-1] == '\'') {
			t = t[1 : len(t)-1]
		}
		if t == s {
			break
		}
		s = t
	}
	return cutRunes(strings.Trim(s, `" `), maxName)
}

func cutRunes(s string, n int) string {
	i := 0
	for at := range s {
		if i == n {
			return s[:at]
		}
		i++
	}
	return s
}

func (a Address) identity() customer.Identity {
	return customer.Identity{Kind: customer.Email, Value: a.Address, Name: a.Name}
}
