// Package samples holds the articles of the demo: the knowledge base of Brühwerk, which makes
// coffee machines and does not exist.
package samples

import "embed"

// Files are the articles, as kb.ReadFolder reads them.
//
//go:embed *.md
var Files embed.FS
