package email

import (
	"path"
	"strings"
)

// FolderChoice says which folders of an archive are read. Without Only, those are left out that hold what
// was thrown away, spam and drafts.
type FolderChoice struct {
	Only   []string // patterns of names: * is any text; case does not matter
	Except []string
}

// Choose says whether a folder is read. Parts of its name are divided by sep.
func (c FolderChoice) Choose(name, sep string) bool {
	if anyFits(c.Except, name) {
		return false
	}
	if len(c.Only) > 0 {
		return anyFits(c.Only, name)
	}
	return !discarded(name, sep)
}

func anyFits(patterns []string, name string) bool {
	for _, p := range patterns {
		if wild(strings.ToLower(p), strings.ToLower(name)) {
			return true
		}
	}
	return false
}

// wild says whether a pattern fits all of a text.
func wild(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == s
	}
	if !strings.HasPrefix(s, parts[0]) {
		return false
	}
	s = s[len(parts[0]):]
	last := parts[len(parts)-1]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(s, p)
		if i < 0 {
			return false
		}
		s = s[i+len(p):]
	}
	return strings.HasSuffix(s, last)
}

// discarded goes by the names that mail programs give such folders.
func discarded(name, sep string) bool {
	if sep != "" {
		name = strings.ReplaceAll(name, sep, "/")
	}
	for dir := strings.ToLower(name); dir != "." && dir != "/" && dir != ""; dir = path.Dir(dir) {
		switch path.Base(dir) {
		case "trash", "deleted", "deleted items", "deleted messages", "bin", "junk", "junk e-mail", "junk email", "spam", "bulk mail", "drafts",
			"draft", "templates", "outbox", "papierkorb", "gelöscht", "gelöschte elemente", "gelöschte objekte", "junk-e-mail", "entwürfe",
			"vorlagen", "postausgang", "corbeille", "éléments supprimés", "messages supprimés", "courrier indésirable", "indésirables", "brouillons",
			"papelera", "elementos eliminados", "correo no deseado", "borradores", "cestino", "posta eliminata", "posta indesiderata", "bozze",
			"prullenbak", "verwijderde items", "ongewenste e-mail", "ongewenst", "concepten", "kosz", "wersje robocze", "lixeira", "rascunhos":
			return true
		}
	}
	return false
}
