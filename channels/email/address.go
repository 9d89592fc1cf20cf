package email

import (
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
			if len(name) < 4*maxName {
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
	start, angle := 0, false
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
			angle = closing(s[i+1:], '>') >= 0
		case '>':
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
		addr, _, _ = strings.Cut(entry[open+1:], ">")
		name = entry[:open]
		if i := strings.IndexByte(addr, ':'); i >= 0 && strings.HasPrefix(addr, "@") { // source route, RFC 5322 §4.4
			addr = addr[i+1:]
		}
	} else {
		at := strings.LastIndexByte(entry, '@')
		if at < 0 {
			return Address{}, false
		}
		from := strings.LastIndexAny(entry[:at], " \t<>(\"',") + 1
		to := at + 1
		for to < len(entry) && !strings.ContainsRune(" \t<>()\"',;", rune(entry[to])) {
			to++
		}
		if addr = entry[from:to]; strings.HasPrefix(entry, `"`) && from > 0 && entry[from-1] == '"' { // "john doe"@x
			addr = entry[:to]
		}
		name = strings.TrimSpace(entry[:from] + " " + entry[to:])
		if n := strings.TrimSpace(name); strings.HasPrefix(n, "(") && strings.HasSuffix(n, ")") {
			name = n[1 : len(n)-1]
		}
	}
	addr = cleanAddress(addr, charset)
	i, err := customer.Identity{Kind: customer.Email, Value: addr}.Normal()
	if err != nil {
		return Address{}, false
	}
	return Address{Name: cleanName(decodeWords(name, charset)), Address: i.Value}, true
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

func cleanAddress(s, charset string) string {
	s = decodeWords(strings.TrimSpace(withoutComments(s)), charset)
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	s = strings.Trim(s, "<>[]()'`.,;: \t\r\n")
	if strings.Count(s, "\"")%2 == 1 {
		s = strings.ReplaceAll(s, "\"", "")
	}
	return strings.Join(strings.Fields(s), "")
}

const maxName = 200 // runes

func cleanName(s string) string {
	s = strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(s)
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
