package sanitise

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

// prefix stands before every name that a mail gives to one of its places.
const prefix = "mail-"

// anchor is the name of a place in the mail as the page may see it: "" if it is none.
func anchor(id string) string {
	id = strings.TrimPrefix(strings.TrimSpace(id), prefix)
	if len(id) > 100 || !plainName(id) {
		return ""
	}
	return prefix + id
}

// bare is an address as a browser reads it: no blanks around it, no line ends or tabs in it (URL 4.4).
func bare(s string) string {
	s = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
	return lineEnds.Replace(s)
}

// scheme is the scheme of an address, and what follows the colon.
func scheme(s string) (name, rest string) {
	name, rest, ok := strings.Cut(s, ":")
	if !ok || !plainName(name) || strings.ContainsAny(name, "_:") {
		return "", s
	}
	return strings.ToLower(name), rest
}

// Replacers never change, and are safe for concurrent use.
var (
	lineEnds      = strings.NewReplacer("\t", "", "\n", "", "\r", "", "\f", "")
	base64Escapes = strings.NewReplacer("%2B", "+", "%2b", "+", "%2F", "/", "%2f", "/", "%3D", "=", "%3d", "=", "%0A", "", "%0D", "", " ", "")
	cssEscapes    = strings.NewReplacer("'", "%27", `"`, "%22", `\`, "%5C", "(", "%28", ")", "%29", "<", "%3C", "\n", "")
	cssBlanks     = strings.NewReplacer("\t", " ", "\n", " ", "\r", " ", "\f", " ")
	cssHiding     = strings.NewReplacer("<!--", "", "-->", "")
	children      = strings.NewReplacer(">", " > ")
)

var (
	attaching = regexp.MustCompile(`(?i)[?&;]\s*(attach|%61)`)
	telephone = regexp.MustCompile(`^[+0-9][0-9().;=a-z% -]{1,60}$`)
	raster    = regexp.MustCompile(`^data:image/(png|gif|jpe?g|webp|bmp|x-icon)(;[a-z]+=[a-z0-9-]+)?;base64,[A-Za-z0-9+/=%]+$`)
)

// link is what an a element gets for its address. An address that may not stay leaves the text alone.
func link(href string) []html.Attribute {
	href = bare(href)
	if name, ok := strings.CutPrefix(href, "#"); ok {
		if id := anchor(name); id != "" {
			return []html.Attribute{{Key: "href", Val: "#" + id}}
		}
		return nil
	}
	if len(href) > 8000 || strings.ContainsAny(href, "\\<>\"`") {
		return nil
	}
	name, rest := scheme(href)
	switch name {
	case "http", "https":
		if host, ok := strings.CutPrefix(rest, "//"); !ok || host == "" || strings.ContainsRune("/?#:@ ", rune(host[0])) {
			return nil
		}
	case "mailto":
		if attaching.MatchString(rest) {
			return nil // some programs add a file of the reader's
		}
	case "tel":
		if !telephone.MatchString(strings.ToLower(strings.TrimSpace(rest))) {
			return nil
		}
	default:
		return nil
	}
	href = name + ":" + strings.ReplaceAll(rest, " ", "%20")
	return []html.Attribute{{Key: "href", Val: href}, {Key: "rel", Val: "noopener noreferrer nofollow"}, {Key: "target", Val: "_blank"}}
}

// isRemote says whether showing this address would ask somebody for something.
func isRemote(s string) bool {
	s = bare(s)
	name, _ := scheme(s)
	return s != "" && s[0] != '#' && name != "cid" && name != "data" && name != "about" && name != "javascript"
}

// images knows the images that are part of the mail, and those that may be loaded.
type images struct {
	give, remote func(id string) string
	given        map[string]bool // addresses that were given: they come again in the next round
}

// address is where an image of the mail is, or one that may be loaded. ok is false for every other image.
func (m *images) address(src string) (address string, ok bool) {
	src = bare(src)
	if m.given[src] {
		return src, true
	}
	if len(src) > 11 && strings.EqualFold(src[:11], "data:image/") {
		head, data, _ := strings.Cut(src, ",")
		data = base64Escapes.Replace(data)
		src = strings.ToLower(strings.ReplaceAll(head, " ", "")) + "," + data
		_, err := base64.StdEncoding.DecodeString(data)
		return src, raster.MatchString(src) && err == nil
	}
	if address = bare(m.ask(src)); address == "" {
		return "", false
	}
	m.given[address] = true
	return address, true
}

// maxImageAddress is the longest address of an image that is asked for, in bytes.
const maxImageAddress = 2000

func (m *images) ask(src string) string {
	if strings.HasPrefix(src, "//") {
		src = "https:" + src
	}
	name, id := scheme(src)
	switch {
	case len(src) > maxImageAddress:
	case name == "cid" && m.give != nil:
		if decoded, err := url.PathUnescape(id); err == nil {
			id = decoded
		}
		return m.give(strings.Trim(id, "<> "))
	case (name == "http" || name == "https") && strings.HasPrefix(id, "//") && m.remote != nil:
		return m.remote(name + ":" + strings.ReplaceAll(id, " ", "%20"))
	}
	return ""
}

// cssURL is an address as it may stand between quotes in a style.
func cssURL(s string) string {
	return cssEscapes.Replace(s)
}
