package ticket

import "strings"

// Brand is a company or a line of products in whose name a desk answers. Several brands live in one
// gateway, each with its own inboxes; a gateway with one need not name it.
type Brand struct {
	Name      string            `yaml:"name" json:"name"`           // short, as inboxes and rules name it
	Title     string            `yaml:"title" json:"title"`         // as customers and agents read it
	Languages []string          `yaml:"languages" json:"languages"` // in which it answers, its own first
	Hours     Hours             `yaml:"hours" json:"hours,omitzero"`
	Signature map[string]string `yaml:"signature" json:"signature,omitempty"` // below answers in writing, by language
}

// SignatureIn is the signature in a language, else in the brand's own, else none.
func (b Brand) SignatureIn(language string) string {
	for _, l := range append([]string{language}, b.Languages...) {
		if s, ok := b.Signature[l]; ok {
			return strings.TrimSpace(s)
		}
	}
	return ""
}
