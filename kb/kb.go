// Package kb is the knowledge base: articles and their life after KCS v6, the contract of the search
// engines, and suggestions.
//
// The store keeps the articles; an [Engine] is an index that can be thrown away and built again. A
// [Follower] in every process brings its engine up to date with the store's change feed, so that an
// index on local disk (bleve) and one that is shared (Meilisearch) work the same way. When the
// engine is dead, suggestions are missing and say so; nothing else stops.
package kb

import (
	"context"
	"time"
)

// Audience is who may read an article.
type Audience string

// The audiences of an article.
const (
	External Audience = "external" // customers and staff
	Internal Audience = "internal" // staff only
)

// Confidence is an article's state (KCS v6, "Article State": confidence).
type Confidence string

// The states of an article.
const (
	WorkInProgress Confidence = "work_in_progress"
	NotValidated   Confidence = "not_validated"
	Validated      Confidence = "validated"
	Archived       Confidence = "archived" // not found any more
)

// Limits of an article.
const (
	MaxTitle = 300     // runes
	MaxBody  = 1 << 20 // bytes of Markdown
)

// Article is one piece of knowledge.
type Article struct {
	ID         string     `json:"id" yaml:"id"` // letters, digits, - and _; at most 128 (what Meilisearch takes)
	Title      string     `json:"title" yaml:"title"`
	Body       string     `json:"body" yaml:"-"` // Markdown
	Language   string     `json:"language" yaml:"language,omitempty"`
	Audience   Audience   `json:"audience" yaml:"audience,omitempty"`
	Confidence Confidence `json:"confidence" yaml:"confidence,omitempty"`
	Brand      string     `json:"brand,omitempty" yaml:"brand,omitempty"` // "" is every brand
	Models     []string   `json:"models,omitempty" yaml:"models,omitempty"`
	Tags       []string   `json:"tags,omitempty" yaml:"tags,omitempty"`
	Keywords   []string   `json:"keywords,omitempty" yaml:"keywords,omitempty"` // words customers use that the text does not
	Wording    string     `json:"wording,omitempty" yaml:"wording,omitempty"`   // of an internal article: what may be said
	Owner      string     `json:"owner,omitempty" yaml:"owner,omitempty"`
	Updated    time.Time  `json:"updated,omitzero" yaml:"updated,omitempty"`
	Rev        int64      `json:"rev,omitempty" yaml:"-"` // changes; 0 is new
	Seq        int64      `json:"-" yaml:"-"`             // place in the change feed
	Deleted    bool       `json:"-" yaml:"-"`
}

// Question asks for articles that may answer it.
type Question struct {
	Text     string   // as the customer wrote it, subject first
	Language string   // preferred, not required
	Brand    string   //
	Models   []string // of the units it is about: preferred
	Public   bool     // only what customers may read
	Limit    int      // at most; 10 when 0
}

// Hit is an article an engine found.
type Hit struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Language string   `json:"language,omitempty"`
	Internal bool     `json:"internal,omitempty"`
	Score    float64  `json:"score"` // 0 to 1, comparable between questions: higher is more likely to fit
	Why      []string `json:"why,omitempty"`

	Words  []string `json:"-"` // of the question, as they were written, that the article holds
	Models []string `json:"-"` // that the article is about
}

// Answer is what a question found.
type Answer struct {
	Fits bool  // the best hit is likely to answer the question
	Hits []Hit // best first, also when nothing fits
}

// Engine is an index of articles. Its implementations pass the suite in kb/enginetest.
type Engine interface {
	// Index takes changed articles (archived and deleted ones leave the index) and remembers
	// cursor with them. When it returns nil they can be found.
	Index(ctx context.Context, changed []Article, cursor int64) error
	// Cursor is what the last successful Index remembered; 0 when the index is new.
	Cursor(ctx context.Context) (int64, error)
	// Search finds candidates, best first.
	Search(ctx context.Context, q Question) ([]Hit, error)
	// Reset empties the index.
	Reset(ctx context.Context) error
	// Ping fails when the engine cannot be used right now.
	Ping(ctx context.Context) error
	Close() error
}

// Suggester answers questions from an engine. It is what the router and the desk use.
type Suggester interface {
	Suggest(ctx context.Context, q Question) (Answer, error)
}

// Store keeps the articles and their change feed.
type Store interface {
	// PutArticle creates (Rev 0) or changes an article; a stale Rev is a Conflict. It returns the
	// article with its new Rev and Seq.
	PutArticle(ctx context.Context, a Article) (Article, error)
	Article(ctx context.Context, id string) (Article, error)
	// Articles lists those with an ID above after, in order of ID.
	Articles(ctx context.Context, after string, limit int) ([]Article, error)
	DeleteArticle(ctx context.Context, id string) error
	// ArticleChanges lists changes above cursor in order of Seq, deleted articles included.
	ArticleChanges(ctx context.Context, cursor int64, limit int) ([]Article, error)
}
