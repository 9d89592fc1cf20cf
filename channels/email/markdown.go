package email

import (
	"fmt"
	"html"
	"strings"

	"tierline/internal/markdown"
)

// toHTML is the HTML part of an answer. What looks like HTML in the text ("press <Enter>") is shown as
// it was written, and links to anything dangerous are not made.
func toHTML(text, foot, language string) string {
	lang := ""
	if language != "" {
		lang = ` lang="` + html.EscapeString(language) + `"`
	}
	return fmt.Sprintf("<!DOCTYPE html>\n<html%s><body style=\"font-family:sans-serif;font-size:14px;line-height:1.5\">\n%s"+
		"<p style=\"color:#666;font-size:12px\">%s</p>\n</body></html>\n", lang, markdown.HTMLKeepingLines(text), strings.ReplaceAll(html.EscapeString(foot), "\n", "<br>\n"))
}
