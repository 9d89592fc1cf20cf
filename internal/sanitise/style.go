package sanitise

import (
	"fmt"
	"strconv"
	"strings"
)

const (
	maxDeclarations = 100 // of one rule or attribute
	maxValue        = 400 // bytes of one value
	maxFontPx       = 100
)

// declaration is one property with a checked value.
type declaration struct {
	prop, val string
	important bool
}

// declarations reads the inside of a rule or of a style attribute and keeps what may stay. What it does
// not understand is left out whole: a backslash, a function that is no colour, an address.
func declarations(css string) []declaration {
	var out []declaration
	for part := range splitTop(uncommented(css), ';') {
		prop, val, ok := strings.Cut(part, ":")
		prop, val = strings.ToLower(strings.TrimSpace(prop)), strings.TrimSpace(val)
		if !ok || len(out) >= maxDeclarations {
			continue
		}
		d := declaration{prop: prop}
		if v, found := strings.CutSuffix(strings.ToLower(val), "important"); found {
			if v = strings.TrimSpace(v); strings.HasSuffix(v, "!") {
				d.important, val = true, strings.TrimSpace(val[:len(v)-1])
			}
		}
		check := properties[prop]
		if prop == "background" || prop == "background-image" {
			if len(val) > maxAttr {
				continue
			}
		} else if check == nil || len(val) > maxValue {
			continue
		}
		if val == "" || strings.ContainsAny(val, "\\<>{}@\x00") {
			continue
		}
		out = append(out, d.expand(val, check)...)
	}
	return out
}

// expand checks the value; some short forms become what they are short for.
func (d declaration) expand(val string, check checker) []declaration {
	with := func(prop, val string) declaration { return declaration{prop, val, d.important} }
	var out []declaration
	switch d.prop {
	case "font":
		for _, p := range font(val) {
			out = append(out, with(p.prop, p.val))
		}
	case "background", "background-image":
		plainVal, url := withoutURL(val)
		if low := strings.ToLower(plainVal); url == "" && gradient(low) {
			return append(out, with("background-image", low))
		}
		if d.prop == "background" {
			for _, tok := range tokens(strings.ToLower(plainVal)) {
				if url == "" && gradient(tok) {
					out = append(out, with("background-image", tok))
				} else if v, ok := color(tok); ok {
					out = append(out, with("background-color", v))
				} else if oneOf(tok, "no-repeat repeat repeat-x repeat-y") {
					out = append(out, with("background-repeat", tok))
				} else if tok == "none" && len(out) == 0 {
					out = append(out, with("background-color", "transparent"))
				}
			}
		}
		if url != "" {
			out = append(out, with("background-image", url)) // looked at by settle
		}
	default:
		if d.prop != "font-family" {
			val = strings.ToLower(val)
		}
		if v, ok := check(val); ok {
			out = append(out, with(d.prop, v))
		}
	}
	return out
}

// withoutURL takes the first url(…) out of a background; anything else with parentheses stays and
// fails the checks.
func withoutURL(val string) (rest, url string) {
	i := strings.Index(strings.ToLower(val), "url(")
	if i < 0 {
		return val, ""
	}
	end := strings.IndexByte(val[i:], ')')
	if end < 0 {
		return val[:i], ""
	}
	return val[:i] + " " + val[i+end+1:], strings.Trim(strings.TrimSpace(val[i+4:i+end]), `'"`)
}

// remoteIn counts the remote addresses in a style.
func remoteIn(css string) int {
	n := 0
	low := strings.ToLower(css)
	for i := strings.Index(low, "url("); i >= 0; {
		low = low[i+4:]
		head := strings.TrimLeft(low[:min(len(low), 60)], " \t\r\n'\"")
		if head != "" && isRemote(head) {
			n++
		}
		i = strings.Index(low, "url(")
	}
	return n
}

// settle orders declarations as the cascade does, the last one winning, and checks what depends on the
// element: text sizes, hanging indents, images.
func settle(in []declaration, st *state, tag string, cid *images) []declaration {
	var ordered []declaration
	for _, important := range []bool{false, true} {
		for _, d := range in {
			if d.important == important {
				d.important = false
				ordered = append(ordered, d)
			}
		}
	}
	size := tagFont(tag, st.fontPx)
	last := map[string]int{}
	for i, d := range ordered {
		last[d.prop] = i
	}
	out := ordered[:0]
	for i, d := range ordered {
		if last[d.prop] != i {
			continue
		}
		switch d.prop {
		case "font-size":
			px, ok := fontPx(d.val, st.fontPx)
			if !ok || px > maxFontPx {
				continue
			}
			size = px
		case "background-image":
			if gradient(d.val) {
				break
			}
			url, ok := cid.address(d.val)
			if !ok {
				continue
			}
			d.val = "url('" + cssURL(url) + "')"
		}
		out = append(out, d)
	}
	st.fontPx = min(size, maxFontPx)
	return hanging(out)
}

// tagFont is the size of text that an element has by itself.
func tagFont(tag string, px float64) float64 {
	switch tag {
	case "big":
		return px * 1.2
	case "h1":
		return px * 2
	case "h2":
		return px * 1.5
	case "h3":
		return px * 1.17
	}
	return px
}

// hanging leaves out an indent to the left that has no room there.
func hanging(in []declaration) []declaration {
	indent, room := -1, 0.0
	for i, d := range in {
		switch d.prop {
		case "text-indent":
			if strings.HasPrefix(d.val, "-") {
				indent = i
			}
		case "margin-left", "padding-left":
			room = max(room, px(d.val))
		case "margin", "padding":
			v := strings.Fields(d.val)
			switch len(v) {
			case 1:
				room = max(room, px(v[0]))
			case 2, 3:
				room = max(room, px(v[1]))
			case 4:
				room = max(room, px(v[3]))
			}
		}
	}
	if indent >= 0 && -px(in[indent].val) > room+0.01 {
		return append(in[:indent], in[indent+1:]...)
	}
	return in
}

func join(style []declaration) string {
	var b strings.Builder
	for i, d := range style {
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "%s: %s", d.prop, d.val)
	}
	return b.String()
}

// px is a length in pixels, as far as it can be told without knowing the element: 0 if it cannot.
func px(v string) float64 {
	n, unit, ok := length(v)
	if !ok {
		return 0
	}
	return n * unitPx[unit]
}

// unitPx are the units that may stand in a style, in pixels (CSS Values 4, 5 and 6); relative ones as
// for common text.
var unitPx = map[string]float64{"px": 1, "pt": 96.0 / 72, "pc": 16, "in": 96, "cm": 96 / 2.54, "mm": 96 / 25.4, "em": 16, "rem": 16,
	"ex": 8, "ch": 8, "": 1}

// length parses a number with its unit, "%" included.
func length(v string) (n float64, unit string, ok bool) {
	i := len(v)
	for i > 0 && (v[i-1] >= 'a' && v[i-1] <= 'z' || v[i-1] == '%') {
		i--
	}
	unit = v[i:]
	if _, known := unitPx[unit]; !known && unit != "%" || i == 0 || i > 12 || strings.Trim(v[:i], "+-.0123456789") != "" {
		return 0, "", false
	}
	n, err := strconv.ParseFloat(v[:i], 64)
	return n, unit, err == nil
}

// fontPx is a checked font-size in pixels within text of another size.
func fontPx(v string, around float64) (float64, bool) {
	if k, ok := fontWords[v]; ok {
		return k, true
	}
	switch v {
	case "smaller":
		return around / 1.2, true
	case "larger":
		return around * 1.2, true
	case "inherit", "initial", "unset":
		return max(around, 16), true
	}
	n, unit, ok := length(v)
	switch unit {
	case "em":
		return n * around, ok
	case "ex", "ch":
		return n * around / 2, ok
	case "%":
		return n * around / 100, ok
	}
	return n * unitPx[unit], ok
}

var fontWords = map[string]float64{"xx-small": 9, "x-small": 10, "small": 13, "medium": 16, "large": 18, "x-large": 24, "xx-large": 32}

// splitTop cuts at a separator outside of quotes and parentheses.
func splitTop(s string, sep byte) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		var quote byte
		depth, from := 0, 0
		for i := 0; i < len(s); i++ {
			switch ch := s[i]; {
			case quote != 0:
				if ch == quote || ch == '\n' {
					quote = 0
				}
			case ch == '"' || ch == '\'':
				quote = ch
			case ch == '(':
				depth++
			case ch == ')':
				depth = max(0, depth-1)
			case ch == sep && depth == 0:
				if !yield(s[from:i]) {
					return
				}
				from = i + 1
			}
		}
		yield(s[from:])
	}
}

// tokens cuts a value at its blanks.
func tokens(s string) []string {
	var out []string
	for t := range splitTop(cssBlanks.Replace(s), ' ') {
		if t != "" && len(out) < 40 {
			out = append(out, t)
		}
	}
	return out
}

// uncommented takes comments out, and the marks that hide a style sheet from very old browsers.
func uncommented(css string) string {
	var b strings.Builder
	for {
		i := strings.Index(css, "/*")
		if i < 0 {
			b.WriteString(css)
			break
		}
		b.WriteString(css[:i])
		j := strings.Index(css[i+2:], "*/")
		if j < 0 {
			break
		}
		css = css[i+2+j+2:]
	}
	return cssHiding.Replace(b.String())
}
