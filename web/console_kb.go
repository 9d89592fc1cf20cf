package web

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tierline/kb"
	"tierline/ticket"
)

type articlesPage struct {
	page
	Macros     map[string]string // by id, how those that are macros fare
	Items      []kb.Article
	Next       string
	Hits       []kb.Hit
	Fits       bool
	Search     string
	Fault      string // the search does not work
	MayEdit    bool
	Language   string
	Audience   string
	Confidence string
	choices
}

// choices are what the forms of an article offer.
type choices struct {
	Audiences   []kb.Audience
	Confidences []kb.Confidence
	Languages   []string
}

func articleChoices() choices {
	return choices{Audiences: []kb.Audience{kb.External, kb.Internal}, Languages: []string{"en", "de", "fr", "es", "it", "nl"},
		Confidences: []kb.Confidence{kb.WorkInProgress, kb.NotValidated, kb.Validated, kb.Archived}}
}

func (s *Server) articleList(c *fiber.Ctx) error {
	q := query{c: c}
	p := articlesPage{page: s.page(c, "Knowledge base", "articles"), Search: q.text("q"), Language: q.text("language"),
		Audience: q.text("audience"), Confidence: q.text("confidence"), MayEdit: callerOf(c).agent.Is(mayEdit()...),
		choices: articleChoices()}
	after := q.text("after")
	if q.err != nil {
		return q.err
	}
	if p.Search != "" {
		a, err := s.d.Suggest.Suggest(c.UserContext(), kb.Question{Text: p.Search, Language: p.Language, Limit: 20})
		if err != nil {
			s.log.Warn("search in the console failed", "request", requestID(c), "err", err)
			p.Fault = "The search does not work right now; the list below does. " + ticket.Explain(err)
		}
		p.Hits, p.Fits = a.Hits, a.Fits
	}
	keep := func(a kb.Article) bool {
		return (p.Language == "" || a.Language == p.Language) && (p.Audience == "" || string(a.Audience) == p.Audience) &&
			(p.Confidence == "" && a.Confidence != kb.Archived || string(a.Confidence) == p.Confidence)
	}
	var next string
	var err error
	if p.Items, next, err = s.scanArticles(c.UserContext(), after, 50, keep); err != nil {
		return err
	}
	if next != "" {
		p.Next = nextQuery(c, "after", next)
	}
	if p.Macros, err = s.macroUses(c.UserContext(), p.Items...); err != nil {
		return err
	}
	return s.render(c, "articles", p)
}

// rewritten is from how much of a macro that people write anew, in percent, it does not say what they need.
const rewritten = 40

// macroUses says by their ids how those of the articles that are macros fare.
func (s *Server) macroUses(ctx context.Context, articles ...kb.Article) (map[string]string, error) {
	if !slices.ContainsFunc(articles, kb.Article.Ready) {
		return nil, nil
	}
	uses, err := s.d.Store.MacroUses(ctx)
	if err != nil {
		return nil, err
	}
	said := map[string]string{}
	for _, a := range articles {
		if a.Ready() {
			said[a.ID] = "Macro, never used yet."
		}
	}
	for _, u := range uses {
		if said[u.Article] == "" || u.Uses == 0 {
			continue
		}
		text := fmt.Sprintf("Macro, used %d times, last on %s; people write %d %% of it anew", u.Uses, u.Last.UTC().Format("2 Jan 2006"), u.Edited())
		if u.Uses == 1 {
			text = strings.Replace(text, "1 times, last", "once,", 1)
		}
		if u.Edited() >= rewritten {
			text += ": it may not say what they need"
		}
		said[u.Article] = text + "."
	}
	return said, nil
}

// maxScan is how many articles one request looks at; a page may then hold less than it could, and
// says where it goes on.
const maxScan = 5_000

// scanArticles lists articles that pass keep, in order of id.
func (s *Server) scanArticles(ctx context.Context, after string, want int, keep func(kb.Article) bool) (list []kb.Article, next string, err error) {
	for seen := 0; seen < maxScan; {
		batch, err := s.d.KB.Articles(ctx, after, ticket.MaxPage)
		if err != nil {
			return nil, "", err
		}
		for _, a := range batch {
			if keep(a) {
				if len(list) == want {
					return list, list[want-1].ID, nil
				}
				list = append(list, a)
			}
			after = a.ID
		}
		if len(batch) < ticket.MaxPage {
			return list, "", nil
		}
		seen += len(batch)
	}
	return list, after, nil
}

type articleView struct {
	page
	A       kb.Article
	MayEdit bool
	Macro   string // how it fares, when it is one
}

func (s *Server) articlePage(c *fiber.Ctx) error {
	a, err := s.d.KB.Article(c.UserContext(), c.Params("id"))
	if err != nil {
		return err
	}
	uses, err := s.macroUses(c.UserContext(), a)
	if err != nil {
		return err
	}
	return s.render(c, "article", articleView{s.page(c, a.Title, "articles"), a, callerOf(c).agent.Is(mayEdit()...), uses[a.ID]})
}

type articleForm struct {
	page
	A        kb.Article
	IsNew    bool
	Preview  template.HTML
	Shown    bool // the preview
	Fault    string
	Play     string      // the way on which a script is played through
	Script   *scriptView // nil: it is none
	Theirs   *kb.Article // somebody saved meanwhile
	Tags     string
	Models   string
	Keywords string
	choices
}

func (s *Server) showForm(c *fiber.Ctx, status int, f articleForm) error {
	title := "Edit " + f.A.Title
	if f.IsNew {
		title = "New article"
	}
	f.page, f.choices = s.page(c, title, "articles"), articleChoices()
	if f.A.Language != "" && !slices.Contains(f.Languages, f.A.Language) {
		f.Languages = append(f.Languages, f.A.Language)
	}
	f.Tags, f.Models, f.Keywords = strings.Join(f.A.Tags, ", "), strings.Join(f.A.Models, ", "), strings.Join(f.A.Keywords, ", ")
	f.Script = scriptViewOf(f.A, f.Play)
	c.Status(status)
	return s.render(c, "article_edit", f)
}

func (s *Server) articleNew(c *fiber.Ctx) error {
	return s.showForm(c, http.StatusOK, articleForm{IsNew: true, A: kb.Article{Language: "en", Audience: kb.Internal,
		Confidence: kb.WorkInProgress, Owner: callerOf(c).agent.ID}})
}

func (s *Server) articleEdit(c *fiber.Ctx) error {
	a, err := s.d.KB.Article(c.UserContext(), c.Params("id"))
	if err != nil {
		return err
	}
	return s.showForm(c, http.StatusOK, articleForm{A: a})
}

func (s *Server) articleCreate(c *fiber.Ctx) error {
	return s.save(c, articleForm{IsNew: true, A: readArticle(c, strings.TrimSpace(c.FormValue("id")))}, "created")
}

func (s *Server) articleSave(c *fiber.Ctx) error {
	f := articleForm{A: readArticle(c, c.Params("id"))}
	f.A.Rev, _ = strconv.ParseInt(c.FormValue("rev"), 10, 64)
	if f.A.Rev <= 0 {
		return invalid("The form is not one of ours.")
	}
	return s.save(c, f, "saved")
}

func readArticle(c *fiber.Ctx, id string) kb.Article {
	text := func(name string) string { return strings.ReplaceAll(c.FormValue(name), "\r\n", "\n") }
	return kb.Article{ID: id, Title: strings.TrimSpace(text("title")), Body: text("body"), Language: text("language"),
		Audience: kb.Audience(text("audience")), Confidence: kb.Confidence(text("confidence")), Brand: text("brand"),
		Models: list(text("models")), Tags: list(text("tags")), Keywords: list(text("keywords")),
		Wording: strings.TrimSpace(text("wording")), Owner: strings.TrimSpace(text("owner"))}
}

// list reads "a, b, c".
func list(s string) []string {
	var out []string
	for _, x := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == '\n' }) {
		if x = strings.TrimSpace(x); x != "" {
			out = append(out, x)
		}
	}
	return out
}

func (s *Server) save(c *fiber.Ctx, f articleForm, done string) error {
	switch c.FormValue("do") {
	case "preview":
		f.Preview, f.Shown = rendered(f.A.Body), true
		return s.showForm(c, http.StatusOK, f)
	case "check":
		f.Play = c.FormValue("way")
		return s.showForm(c, http.StatusOK, f)
	}
	if way := c.FormValue("play"); way != "" {
		f.Play = strings.TrimPrefix(way, "way:")
		return s.showForm(c, http.StatusOK, f)
	}
	a, err := s.putArticle(c, f.A)
	switch ticket.KindOf(err) {
	case ticket.Invalid, ticket.Conflict:
		f.Fault = ticket.Explain(err)
		if theirs, e := s.d.KB.Article(c.UserContext(), f.A.ID); e == nil && ticket.KindOf(err) == ticket.Conflict {
			f.Theirs = &theirs
			f.Fault = "Somebody saved this article while you were writing. Your text is kept below; nothing was overwritten."
			if f.IsNew {
				f.Fault = "There is an article with this id already. Choose another."
			} else {
				f.A.Rev = theirs.Rev // saving once more is then a decision, made with both texts in view
			}
		}
		return s.showForm(c, explain(err).status, f)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/console/articles/"+a.ID+"?done="+done, http.StatusSeeOther)
}

func (s *Server) articleArchive(c *fiber.Ctx) error {
	a, err := s.d.KB.Article(c.UserContext(), c.Params("id"))
	if err != nil {
		return err
	}
	if rev, _ := strconv.ParseInt(c.FormValue("rev"), 10, 64); rev != a.Rev {
		return ticket.Errorf("web", ticket.Conflict, "The article has changed since you opened it. Look again, then archive it.")
	}
	a.Confidence = kb.Archived
	if _, err := s.putArticle(c, a); err != nil {
		return err
	}
	return c.Redirect("/console/articles/"+a.ID+"?done=archived", http.StatusSeeOther)
}

// putArticle checks and saves an article, from the console or the API.
func (s *Server) putArticle(c *fiber.Ctx, a kb.Article) (kb.Article, error) {
	switch {
	case a.ID == "new": // the address of the empty form
		return a, invalid("An article cannot have the id \"new\".")
	case strings.TrimSpace(a.Body) == "":
		return a, invalid("The article needs a text.")
	}
	if err := kb.Validate(a); err != nil {
		return a, err
	}
	a.Updated = s.now().UTC()
	saved, err := s.d.KB.PutArticle(c.UserContext(), a)
	if err == nil {
		s.log.Info("article saved", "article", a.ID, "rev", saved.Rev, "confidence", a.Confidence, "by", callerOf(c).name())
	}
	return saved, err
}
