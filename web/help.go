package web

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"tierline/kb"
	"tierline/ticket"
)

type helpPage struct {
	page
	W         map[string]string // the words of the page's own language
	Languages []helpTongue
	Items     []kb.Article
	Next      string
	Search    string
	Searched  bool
	Fault     string
	A         kb.Article
	Foreign   bool // A is in another language than the page
}

type helpTongue struct{ Code, Name string }

func helpTongues() []helpTongue {
	return []helpTongue{{"en", "English"}, {"de", "Deutsch"}, {"fr", "Français"}}
}

func helpWords() map[string]map[string]string {
	return map[string]map[string]string{
		"en": {"title": "Help centre", "search": "Search", "question": "What is your question?", "articles": "Articles",
			"results": "This may help", "nothing": "Nothing was found. Try other words, or write to us.",
			"none": "There are no articles in this language yet.", "more": "More articles", "back": "All articles",
			"broken": "The search does not work right now. Please look through the articles.", "language": "Language",
			"updated": "Updated", "skip": "Skip to the content", "error": "That did not work",
			"gone": "There is no such article here.", "only": "This article is in another language."},
		"de": {"title": "Hilfe", "search": "Suchen", "question": "Wie lautet Ihre Frage?", "articles": "Artikel",
			"results": "Das könnte helfen", "nothing": "Nichts gefunden. Versuchen Sie andere Wörter oder schreiben Sie uns.",
			"none": "In dieser Sprache gibt es noch keine Artikel.", "more": "Weitere Artikel", "back": "Alle Artikel",
			"broken": "Die Suche geht gerade nicht. Bitte sehen Sie die Artikel durch.", "language": "Sprache",
			"updated": "Stand", "skip": "Zum Inhalt", "error": "Das hat nicht geklappt",
			"gone": "Diesen Artikel gibt es hier nicht.", "only": "Dieser Artikel ist in einer anderen Sprache."},
		"fr": {"title": "Centre d’aide", "search": "Chercher", "question": "Quelle est votre question ?", "articles": "Articles",
			"results": "Ceci peut vous aider", "nothing": "Rien trouvé. Essayez d’autres mots ou écrivez-nous.",
			"none": "Il n’y a pas encore d’articles dans cette langue.", "more": "Plus d’articles", "back": "Tous les articles",
			"broken": "La recherche ne fonctionne pas en ce moment. Parcourez les articles, s’il vous plaît.", "language": "Langue",
			"updated": "Mis à jour", "skip": "Aller au contenu", "error": "Cela n’a pas fonctionné",
			"gone": "Cet article n’existe pas ici.", "only": "Cet article est dans une autre langue."},
	}
}

// helpLanguage is the language of the page: asked for, or the browser's first that we speak.
func helpLanguage(c *fiber.Ctx) string {
	words := helpWords()
	if l := c.Query("lang"); words[l] != nil {
		return l
	}
	for _, part := range strings.Split(c.Get(fiber.HeaderAcceptLanguage), ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if words[primary] != nil {
			return primary
		}
	}
	return "en"
}

// shown is the one rule of what customers may read.
func shown(a kb.Article) bool {
	return a.Audience == kb.External && a.Confidence == kb.Validated && !a.Deleted && !a.Ready()
}

func (s *Server) helpStart(c *fiber.Ctx) helpPage {
	l := helpLanguage(c)
	w := helpWords()[l]
	return helpPage{page: page{Title: w["title"], Lang: l}, W: w, Languages: helpTongues()}
}

func (s *Server) helpList(c *fiber.Ctx) error {
	p := s.helpStart(c)
	q := query{c: c}
	p.Search = q.text("q")
	after := q.text("after")
	if q.err != nil {
		return q.err
	}
	c.Vary(fiber.HeaderAcceptLanguage)
	if p.Search != "" {
		s.helpSearch(c, &p)
	}
	if !p.Searched {
		var next string
		var err error
		p.Items, next, err = s.scanArticles(c.UserContext(), after, 30, func(a kb.Article) bool {
			return shown(a) && primary(a.Language) == p.Lang
		})
		if err != nil {
			return err
		}
		if next != "" {
			p.Next = nextQuery(c, "after", next)
		}
	}
	return s.render(c, "help", p)
}

func primary(tag string) string {
	p, _, _ := strings.Cut(strings.ToLower(tag), "-")
	return p
}

// helpSearch asks the engine; each article it names is looked up and checked again, because an index
// may be behind.
func (s *Server) helpSearch(c *fiber.Ctx, p *helpPage) {
	a, err := s.d.Suggest.Suggest(c.UserContext(), kb.Question{Text: p.Search, Language: p.Lang, Public: true, Limit: 10})
	if err != nil {
		s.log.Warn("search in the help centre failed", "request", requestID(c), "err", err)
		p.Fault = p.W["broken"]
		return
	}
	p.Searched = true
	for _, h := range a.Hits {
		if x, err := s.d.KB.Article(c.UserContext(), h.ID); err == nil && shown(x) {
			p.Items = append(p.Items, x)
		}
	}
}

func (s *Server) helpArticle(c *fiber.Ctx) error {
	p := s.helpStart(c)
	a, err := s.d.KB.Article(c.UserContext(), c.Params("id"))
	if err != nil {
		return err
	}
	if !shown(a) { // as if there were none
		return ticket.E("web.help", ticket.NotFound, nil)
	}
	c.Vary(fiber.HeaderAcceptLanguage)
	p.A, p.Title, p.Foreign = a, a.Title, a.Language != "" && primary(a.Language) != p.Lang
	return s.render(c, "help_article", p)
}
