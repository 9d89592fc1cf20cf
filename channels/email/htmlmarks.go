package email

import (
	"strings"
	"sync"
)

// What the names are that mail programs give to parts of their HTML, as classes or ids.
const (
	markQuote  = iota // a quotation, mostly with its attribution
	markAbove         // an attribution
	markSigned        // a signature
	markRest          // from here on everything is history
)

var htmlMarks = sync.OnceValue(func() *lexicon {
	return newLexicon(
		`gmail_quote*|gmail_extra_quote*|yahoo_quoted*|yahoo-quoted*|protonmail_quote*|tutanota_quote*|zmail_extra*|front-blockquote*|
		moz-email-headers-table|ms-outlook-mobile-reference-message*|freshdesk_quote*|missive_quote*|isreplycontent|mail-quote-collapse|
		wmi-quote|messagereplysection|outlookmessageheader|quoted_reply|hs_reply|skiff_quote|ik_mail_quote|
		origbody|mailcontent|orimsghtmlseperator|reply139content`,
		`moz-cite-prefix|gmail_attr|iosymail|moz-forward-container|airmail_on|reply-intro`,
		`gmail_signature*|moz-signature|protonmail_signature_block*|ms-outlook-mobile-signature|applemailsignature|signature_tutanota|
		bloop_sign*|messagesignaturesection|composer_signature|acompli_signature|editorusersignature`,
		`divrplyfwdmsg|appendonsend|olk_src_body_section|mail-editor-reference-message-container|divtagdefaultwrapper_reply|stopspelling|replysplit`)
})

// markOf looks a class or id up. Outlook puts "x_" before those of others, Hotmail "ecx", Yahoo a number.
func markOf(name string) (list uint, ok bool) {
	name = strings.ToLower(name)
	for strings.HasPrefix(name, "x_") {
		name = name[2:]
	}
	name = strings.TrimPrefix(name, "ecx")
	if i := strings.Index(name, "yahoo_quoted"); i > 0 {
		name = name[i:]
	}
	if strings.HasSuffix(name, "wmi-quote") {
		name = "wmi-quote"
	}
	p, ok := htmlMarks().at(name)
	return p.list, ok
}

// quotedBy says what an element is by the marks of the mail program, and whether all is that follows.
func quotedBy(tag string, a attributes) (k kind, toEnd bool) {
	if tag == "blockquote" {
		switch {
		case strings.EqualFold(a.typ, "cite"):
			return cited, false
		case strings.Contains(a.class, "gmail_quote"): // also how Gmail indents
			return indented, false
		}
	}
	if tag == "div" && a.name == "quote" || a.marker == "__QUOTED_TEXT__" || a.marker == "__HEADERS__" { // GMX and Web.de; Zimbra
		return cited, false
	}
	if a.class != "" || a.id != "" || a.name != "" {
		if list, ok := markIn(tag, a); ok {
			switch list {
			case markQuote:
				return cited, false
			case markAbove:
				return gone, false
			case markSigned:
				return signed, false
			case markRest:
				return gone, true
			}
		}
	}
	if tag == "blockquote" && !strings.Contains(strings.ReplaceAll(a.style, " ", ""), "border:none") {
		return boxed, false
	}
	return plain, false
}

func markIn(tag string, a attributes) (list uint, ok bool) {
	for class := range strings.FieldsSeq(a.class) {
		if list, ok = markOf(class); ok {
			return list, true
		}
	}
	if list, ok = markOf(a.id); ok && (tag != "table" || list == markRest) { // newsletters call theirs mailcontent
		return list, true
	}
	return markOf(a.name)
}

// wraps says whether a class is of those that hold an attribution and its blockquote.
func wraps(class string) bool {
	return strings.Contains(class, "gmail_quote") || strings.Contains(class, "protonmail_quote") || strings.Contains(class, "tutanota_quote")
}

// ruledAbove says whether a style draws a line above, and only there.
func ruledAbove(style string) bool {
	at := strings.Index(style, "border-top")
	return at >= 0 && !strings.HasPrefix(style[at:], "border-top:none") && !strings.Contains(style, "border-left:s") && !strings.Contains(style, "border-bottom:s")
}
