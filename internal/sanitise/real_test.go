package sanitise_test

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset"

	"tierline/internal/peers"
	"tierline/internal/sanitise"
)

// seen is each text of the page with what is seen of it: colours, font, place in its line, width.
const seen = `(() => {
	const out = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n; n = walk.nextNode();) {
		const range = document.createRange(), e = n.parentElement, s = getComputedStyle(e);
		range.selectNodeContents(n);
		if (!n.data.trim() || !range.getClientRects().length) continue;
		let ground = "rgba(0, 0, 0, 0)";
		for (let p = e; p && ground === "rgba(0, 0, 0, 0)"; p = p.parentElement) ground = getComputedStyle(p).backgroundColor;
		out.push([n.data.trim().slice(0, 60), s.color, ground, s.fontSize, s.fontWeight, s.fontFamily, s.fontStyle, s.textAlign, s.textDecorationLine,
			s.lineHeight, s.direction, Math.round(range.getBoundingClientRect().width / 3)].join(" | "));
	}
	return out;
})()`

// Real mails are shown as they came and as they are afterwards. Nine in ten look the same in every text;
// the rest have unknown elements between their texts, control characters, or pictures without a size.
func TestRealMailsLookTheSame(t *testing.T) {
	t.Parallel()
	var page string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:")
		fmt.Fprint(w, page)
	}))
	defer srv.Close()
	b := peers.Chromium(t)
	mails, same := 0, 0
	look := func(html string) []string {
		page = html
		b.Do(chromedp.Navigate(srv.URL))
		return peers.JS[[]string](b, seen)
	}
	for _, source := range htmlOf(t, peers.Corpus(t, "mime")) {
		out, _ := sanitise.HTML(source, sanitise.Options{})
		was := look("<!doctype html>" + source + "<style>html>body{margin:8px !important}</style>")
		is := look("<!doctype html><body style='margin:8px'>" + out)
		mails++
		if slices.Equal(was, is) {
			same++
		}
	}
	t.Logf("%d of %d mails look the same in every text", same, mails)
	if mails == 0 || same*100 < mails*90 {
		t.Errorf("only %d of %d mails look the same", same, mails)
	}
}

// htmlOf is the first HTML part of every mail under a folder.
func htmlOf(t *testing.T, root string) []string {
	var all []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		mail, _ := message.Read(bytes.NewReader(raw))
		if mail == nil {
			return nil // a broken one is no matter of this test
		}
		found := ""
		_ = mail.Walk(func(_ []int, part *message.Entity, _ error) error {
			if part == nil {
				return nil
			}
			if kind, _, _ := part.Header.ContentType(); kind == "text/html" && found == "" {
				body, _ := io.ReadAll(part.Body)
				found = strings.ToValidUTF8(string(body), "?")
			}
			return nil
		})
		if found != "" {
			all = append(all, found)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
