package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"mime"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/router/pager"
	"tierline/ticket"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed static/*
var staticFiles embed.FS

// asset is an embedded file; its address carries its hash, so browsers may keep it.
type asset struct {
	body []byte
	kind string
	hash string
}

func loadAssets() (map[string]asset, error) {
	list := map[string]asset{}
	names, err := fs.Glob(staticFiles, "static/*")
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		b, err := staticFiles.ReadFile(n)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(b)
		list[path.Base(n)] = asset{body: b, kind: mime.TypeByExtension(path.Ext(n)), hash: hex.EncodeToString(sum[:6])}
	}
	return list, nil
}

func (s *Server) asset(c *fiber.Ctx) error {
	a, ok := s.assets[c.Params("name")]
	if !ok {
		return notFound("There is no such file.")
	}
	c.Set(fiber.HeaderContentType, a.kind)
	if c.Query("v") == a.hash {
		c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	}
	return c.Send(a.body)
}

// page is what every page has.
type page struct {
	Title   string
	Section string // of the navigation
	Agent   *ticket.Agent
	CSRF    string
	Notice  string
	Version string
	Lang    string
}

func (s *Server) page(c *fiber.Ctx, title, section string) page {
	w := callerOf(c)
	p := page{Title: title, Section: section, Agent: w.agent, Version: s.d.Version, Lang: "en", Notice: notices()[c.Query("done")]}
	if w.agent != nil {
		p.CSRF = s.csrfToken(w.session)
	}
	return p
}

// notices are what a page may say about the step before; addresses carry only their names.
func notices() map[string]string {
	return map[string]string{
		"acted": "Done.", "merge": "Merged. The history of both tickets can take it back.", "split": "Split off: this is the new ticket. Its history can take it back.",
		"move": "Moved here. The history of both tickets can take it back.", "undo": "Taken back.", "page": "Paged. What comes of it is shown here as it happens.", "script": "Noted under what was tried.", "withdraw": "Withdrawn: the customer will not get this answer.",
		"retried": "The job will be tried again.", "dropped": "The job was dropped.",
		"released": "The mail is a message now.", "discarded": "The mail was discarded.",
		"merged": "They are one person now.", "unmerged": "They are two people again.",
		"feed": "The address is made: subscribe to it below.", "revoked": "The address no longer works.",
		"away": "They are away.", "here": "They are here.",
		"unslacked": "The app was removed there. What waits for that workspace goes on when it is installed again.",
		"blocked":   "The sender is blocked.", "unblocked": "The sender is let in again.",
		"saved": "The article was saved.", "created": "The article was created.", "archived": "The article was archived.",
	}
}

// loadPages gives the page of each name. It is made when it is first shown: most are seldom, and all of them together
// are a seventh of what the idle program holds. A test makes each.
func (s *Server) loadPages() (map[string]func() (*template.Template, error), error) {
	base, err := template.New("").Funcs(s.funcs()).ParseFS(templateFiles, "templates/_*.html")
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(templateFiles, "templates/[a-z]*.html")
	if err != nil {
		return nil, err
	}
	pages := map[string]func() (*template.Template, error){}
	for _, n := range names {
		pages[strings.TrimSuffix(path.Base(n), ".html")] = sync.OnceValues(func() (*template.Template, error) {
			t, err := base.Clone()
			if err == nil {
				t, err = t.ParseFS(templateFiles, n)
			}
			if err != nil {
				return nil, err
			}
			return t.Lookup(path.Base(n)), nil
		})
	}
	return pages, nil
}

// render fills a page in whole before anything is sent.
func (s *Server) render(c *fiber.Ctx, name string, data any) error {
	var b bytes.Buffer
	t, err := s.pages[name]()
	if err == nil {
		err = t.Execute(&b, data)
	}
	if err != nil {
		return ticket.E("web.render "+name, ticket.Internal, err)
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.Send(b.Bytes())
}

type errorView struct {
	page
	Status  int
	Text    string
	Request string
	Help    bool
}

func (s *Server) errorPage(c *fiber.Ctx, r refusal, id string) error {
	p := errorView{page: s.page(c, "Error", ""), Status: r.status, Text: r.text, Request: id,
		Help: strings.HasPrefix(c.Path(), "/help")}
	if p.Help {
		l := helpLanguage(c)
		p.Lang, p.Title = l, helpWords()[l]["error"]
		if r.status == fiber.StatusNotFound {
			p.Text = helpWords()[l]["gone"]
		}
	}
	if strings.HasPrefix(c.Path(), "/page/") { // of a link by which somebody answers
		p.Help, p.Lang = true, helpLanguage(c)
		p.Title = pager.Say(p.Lang, "failed")
	}
	return s.render(c, "error", p)
}

func (s *Server) funcs() template.FuncMap {
	return template.FuncMap{
		"asset": func(name string) (string, error) {
			a, ok := s.assets[name]
			if !ok {
				return "", fmt.Errorf("no asset %q", name)
			}
			return "/assets/" + name + "?v=" + a.hash, nil
		},
		"time":     func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") },
		"iso":      func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"wall":     func(t time.Time) string { return t.Format("Mon 2 Jan 2006 15:04 MST") },
		"date":     func(t time.Time) string { return t.Format(time.DateOnly) },
		"hours":    func(d time.Duration) string { return fmt.Sprintf("%.1f", d.Hours()) },
		"shift":    shiftValue,
		"did":      didRoster,
		"ago":      func(t time.Time) string { return ago(s.now().Sub(t)) },
		"agent":    s.agentName,
		"tier":     s.tierTitle,
		"words":    func(v any) string { return strings.ReplaceAll(fmt.Sprint(v), "_", " ") },
		"percent":  func(f float64) string { return fmt.Sprintf("%.0f %%", f*100) },
		"size":     size,
		"bytes":    func(b []byte) string { return size(int64(len(b))) },
		"join":     strings.Join,
		"facts":    facts,
		"markdown": rendered,
		"inc":      func(i int) int { return i + 1 },
		"seconds":  s.seconds,
		"rung":     rungs,
		"lasting":  lasting,
		"span":     span,
		"customer": named,
		"severities": func() []ticket.Priority {
			return []ticket.Priority{ticket.Urgent, ticket.High, ticket.Normal, ticket.Low}
		},
		"turned": func(v ticketView, t pageTurn) turnView {
			return turnView{t, v.T.ID, v.CSRF, v.Form.Key, v.Paging.Others}
		},
		"mayOperate": func(a *ticket.Agent) bool { return a.Is(mayOperate()...) },
		"mayBlock":   func(a *ticket.Agent) bool { return a.Is(mayBlock()...) },
	}
}

func (s *Server) agentName(id string) string {
	if a, ok := s.agent(id); ok && a.Name != "" {
		return a.Name
	}
	return id
}

// facts tells what an event holds in one line.
func facts(m map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, strings.ReplaceAll(k, "_", " ")+": "+m[k])
	}
	return strings.Join(parts, " · ")
}

// ago tells a time span in one unit.
func ago(d time.Duration) string {
	future := d < 0
	if future {
		d = -d
	}
	var text string
	switch {
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		text = fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		text = fmt.Sprintf("%d h", int(d.Hours()))
	default:
		text = fmt.Sprintf("%d days", int(d.Hours()/24))
	}
	if future {
		return "in " + text
	}
	return text + " ago"
}

func size(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
}

// lasting is a length of open time as short as it can be said.
func lasting(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%.3g h", float64(int(d.Hours()*2+0.5))/2)
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24+0.5))
}
