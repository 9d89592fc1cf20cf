// Package meili is a search engine on a Meilisearch server, which several gateways may share.
//
// What happens when things fail: nothing is asked of the server before the first call, so a dead one
// keeps nothing from starting. Every call has a deadline. No answer, 429 and 5xx are Transient; a
// missing or too weak key is Denied; what the server refuses for good is Invalid. Writes answer 202
// and fail later: each is waited for, and its task's outcome is ours. Articles and cursor are two
// tasks that the server works in order, so that a crash between them indexes some articles twice and
// loses none. The index can be thrown away; the kb.Follower fills it again.
//
// Meilisearch ranks only documents that hold all words of a query, which whole questions are not
// for. So it is asked a word a query, in one request, and what each word says is added up here.
package meili

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	ms "github.com/meilisearch/meilisearch-go"

	"tierline/config/check"
	"tierline/config/secret"
	"tierline/kb"
	"tierline/ticket"
)

// Config says which server, and what the indexes are called there.
type Config struct {
	// URL of the server: http://127.0.0.1:7700.
	URL string `yaml:"url"`
	// Key is an API key with the actions search, documents.*, indexes.*, settings.*, tasks.get on
	// the indexes PREFIX*. The master key works, but should stay with the server.
	Key secret.String `yaml:"key"`
	// Prefix starts the names of the indexes. Default "tierline".
	Prefix string `yaml:"prefix"`
	// Timeout is how long a search may take. Default 3s.
	Timeout time.Duration `yaml:"timeout"`
	// TaskTimeout is how long one write may take. Default 1m.
	TaskTimeout time.Duration `yaml:"task_timeout"`
}

var prefixPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Check reports what is wrong.
func (c Config) Check(at check.At) {
	u, err := url.Parse(c.URL)
	switch {
	case c.URL == "":
		at.Key("url").Error("such as http://127.0.0.1:7700", "the server's address is missing")
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		at.Key("url").Error("such as http://127.0.0.1:7700", "no http or https address")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		at.Key("url").Error("put the key into key", "the address holds more than scheme, host and path")
	case u.Scheme == "http" && !c.Key.IsZero() && !loopback(u.Hostname()):
		at.Key("url").Warn("use https, or keep the server on a private network", "the key is sent unencrypted")
	}
	if c.Prefix != "" && !prefixPattern.MatchString(c.Prefix) {
		at.Key("prefix").Error("letters, digits, - and _, at most 64", "%.40q cannot start an index name", c.Prefix)
	}
	if c.Timeout < 0 {
		at.Key("timeout").Error("such as 3s", "less than nothing")
	}
	if c.TaskTimeout < 0 {
		at.Key("task_timeout").Error("such as 1m", "less than nothing")
	}
}

func loopback(host string) bool {
	return host == "localhost" || host == "::1" || strings.HasPrefix(host, "127.") || !strings.Contains(host, ".")
}

// Engine asks a Meilisearch server. Its methods may be called at the same time.
type Engine struct {
	conf   Config
	log    *slog.Logger
	client ms.ServiceManager
	http   *http.Transport
	index  string // the index of the articles

	mu    sync.Mutex
	setUp bool // the indexes are there, with our settings
}

// pollTask is how often a task is asked for.
const pollTask = 15 * time.Millisecond

// Open makes an engine. It does no I/O, so a server that is down is no error here.
func Open(c Config, log *slog.Logger) (*Engine, error) {
	var faults check.List
	if c.Check(faults.Root()); hasErrors(faults) {
		return nil, ticket.Errorf("meili.Open", ticket.Invalid, "%s", faults.Faults[0].String())
	}
	if c.Prefix == "" {
		c.Prefix = "tierline"
	}
	if c.Timeout == 0 {
		c.Timeout = 3 * time.Second
	}
	if c.TaskTimeout == 0 {
		c.TaskTimeout = time.Minute
	}
	// A compressed answer on a kept-alive connection takes 40 ms longer; the library's own retries
	// send an empty body and report success.
	t := &http.Transport{DisableCompression: true, Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 8,
		IdleConnTimeout: time.Minute, ResponseHeaderTimeout: c.TaskTimeout}
	client := ms.New(strings.TrimRight(c.URL, "/"), ms.WithAPIKey(c.Key.Reveal()), ms.DisableRetries(),
		ms.WithCustomClient(&http.Client{Transport: t, CheckRedirect: noRedirect}))
	return &Engine{conf: c, log: log, client: client, http: t, index: c.Prefix + "_articles"}, nil
}

// noRedirect keeps the key from being carried elsewhere.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func hasErrors(l check.List) bool {
	for _, f := range l.Faults {
		if !f.Warning {
			return true
		}
	}
	return false
}

// doc is an article as the server has it.
type doc struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Keywords []string `json:"keywords"`
	Models   []string `json:"models"`
	Tags     []string `json:"tags"`
	Body     string   `json:"body"`
	Wording  string   `json:"wording"`
	Language string   `json:"language"`
	Internal bool     `json:"internal"`
	Brand    string   `json:"brand"` // anyBrand for all
}

// anyBrand stands for every brand, as a filter cannot ask for an empty value among others.
const anyBrand = "*"

func docOf(a kb.Article) doc {
	d := doc{ID: a.ID, Title: a.Title, Keywords: a.Keywords, Models: a.Models, Tags: a.Tags, Body: a.Body,
		Wording: a.Wording, Language: a.Language, Internal: a.Audience != kb.External, Brand: a.Brand}
	if d.Language == "" {
		d.Language = kb.GuessLanguage(a.Title + "\n" + a.Body)
	}
	if d.Brand == "" {
		d.Brand = anyBrand
	}
	return d
}

// Index takes changed articles and then the cursor, and waits until both can be found.
func (e *Engine) Index(ctx context.Context, changed []kb.Article, cursor int64) error {
	ctx, cancel := context.WithTimeout(ctx, e.conf.TaskTimeout)
	defer cancel()
	if err := e.prepare(ctx, e.index); err != nil {
		return err
	}
	if err := e.put(ctx, e.index, changed, cursor); err != nil {
		e.forget(err)
		return err
	}
	return nil
}

// put enqueues everything before it waits, so that little time lies between articles and cursor.
func (e *Engine) put(ctx context.Context, index string, changed []kb.Article, cursor int64) error {
	var docs []doc
	var gone []string
	for _, a := range changed {
		if !a.Findable() {
			gone = append(gone, a.ID)
		} else {
			docs = append(docs, docOf(a))
		}
	}
	var tasks []int64
	ix := e.client.Index(index)
	if len(docs) > 0 {
		t, err := ix.AddDocumentsWithContext(ctx, docs, nil)
		if err != nil {
			return failure("meili.Index", err)
		}
		tasks = append(tasks, t.TaskUID)
	}
	if len(gone) > 0 {
		t, err := ix.DeleteDocumentsWithContext(ctx, gone, nil)
		if err != nil {
			return failure("meili.Index", err)
		}
		tasks = append(tasks, t.TaskUID)
	}
	// A failed task must keep the cursor where it is, so it is not sent on before all are done.
	for _, t := range tasks {
		if err := e.wait(ctx, "meili.Index", t); err != nil {
			return err
		}
	}
	t, err := e.client.Index(e.meta()).AddDocumentsWithContext(ctx, []mark{{ID: index, Cursor: cursor, Schema: schema}}, nil)
	if err != nil {
		return failure("meili.Index", err)
	}
	return e.wait(ctx, "meili.Index", t.TaskUID)
}

// mark is what the small second index remembers of an index.
type mark struct {
	ID     string `json:"id"` // the index
	Cursor int64  `json:"cursor"`
	Schema int    `json:"schema"`
}

// schema changes when documents look otherwise than before; an index of another schema counts as
// empty, so that it is filled anew.
const schema = 1

func (e *Engine) meta() string { return e.conf.Prefix + "_meta" }

// Cursor is what the last Index remembered.
func (e *Engine) Cursor(ctx context.Context) (int64, error) { return e.cursor(ctx, e.index) }

func (e *Engine) cursor(ctx context.Context, index string) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, e.conf.Timeout)
	defer cancel()
	var m mark
	err := e.client.Index(e.meta()).GetDocumentWithContext(ctx, index, nil, &m)
	switch {
	case isCode(err, "index_not_found", "document_not_found"):
		return 0, nil
	case err != nil:
		return 0, failure("meili.Cursor", err)
	case m.Schema != schema:
		return 0, nil
	}
	// The mark may outlive the index that it is of, when somebody deletes that by hand.
	if _, err := e.client.Index(index).FetchInfoWithContext(ctx); isCode(err, "index_not_found") {
		return 0, nil
	} else if err != nil {
		return 0, failure("meili.Cursor", err)
	}
	return m.Cursor, nil
}

// Ping fails when the server does not answer, or does not accept the key.
func (e *Engine) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, e.conf.Timeout)
	defer cancel()
	if _, err := e.client.HealthWithContext(ctx); err != nil {
		return failure("meili.Ping", err)
	}
	_, err := e.client.MultiSearchWithContext(ctx, &ms.MultiSearchRequest{Queries: []*ms.SearchRequest{
		{IndexUID: e.index, Limit: 1, AttributesToRetrieve: []string{"id"}}}})
	if err != nil && !isCode(err, "index_not_found") {
		return failure("meili.Ping", err)
	}
	return nil
}

// Close lets go of idle connections.
func (e *Engine) Close() error {
	e.http.CloseIdleConnections()
	return nil
}
