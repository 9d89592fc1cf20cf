package meili

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"tierline/config/secret"
	"tierline/kb"
)

const fakeKey = "a-key-of-the-fake-server"

// fake answers on the wire as Meilisearch 1.50 does, in the little that the engine uses: statuses,
// error codes, tasks that fail after a 202. What it finds is simpler than what the real one does.
type fake struct {
	mu      sync.Mutex
	indexes map[string]map[string]doc
	marks   map[string]map[string]json.RawMessage // documents as they came
	tasks   []map[string]any
	seen    []string                                                    // method and path of every request
	instead func(w http.ResponseWriter, r *http.Request) (handled bool) // faults
}

func newFake(t testing.TB) (*fake, Config) {
	t.Helper()
	f := &fake{indexes: map[string]map[string]doc{}, marks: map[string]map[string]json.RawMessage{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, map[string]string{"status": "available"}) })
	mux.HandleFunc("POST /indexes", f.create)
	mux.HandleFunc("GET /indexes/{uid}", f.info)
	mux.HandleFunc("DELETE /indexes/{uid}", f.deleteIndex)
	mux.HandleFunc("PATCH /indexes/{uid}/settings", f.settings)
	mux.HandleFunc("POST /indexes/{uid}/documents", f.add)
	mux.HandleFunc("POST /indexes/{uid}/documents/delete-batch", f.deleteBatch)
	mux.HandleFunc("DELETE /indexes/{uid}/documents/{id}", f.deleteOne)
	mux.HandleFunc("GET /indexes/{uid}/documents/{id}", f.get)
	mux.HandleFunc("POST /indexes/{uid}/documents/fetch", f.fetch)
	mux.HandleFunc("POST /multi-search", f.search)
	mux.HandleFunc("POST /swap-indexes", f.swap)
	mux.HandleFunc("GET /tasks/{uid}", f.task)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.seen = append(f.seen, r.Method+" "+r.URL.Path)
		if r.Header.Get("Accept-Encoding") != "" {
			t.Errorf("%s asks for %s", r.URL.Path, r.Header.Get("Accept-Encoding"))
		}
		switch {
		case f.instead != nil && f.instead(w, r):
		case r.URL.Path == "/health":
			mux.ServeHTTP(w, r)
		case r.Header.Get("Authorization") == "":
			refuse(w, 401, "missing_authorization_header")
		case r.Header.Get("Authorization") != "Bearer "+fakeKey:
			refuse(w, 403, "invalid_api_key")
		default:
			mux.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return f, Config{URL: s.URL, Key: secret.New(fakeKey)}
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, status int, code string) {
	reply(w, status, map[string]string{"message": "Refused: " + code + ".", "code": code, "type": "invalid_request", "link": "https://docs.meilisearch.com/errors#" + code})
}

// enqueue answers 202 with a task that has ended already, badly when it has a code.
func (f *fake) enqueue(w http.ResponseWriter, code string) {
	t := map[string]any{"uid": len(f.tasks), "status": "succeeded", "type": "any", "enqueuedAt": "2026-11-22T04:11:53.284245726Z", "error": nil}
	if code != "" {
		t["status"], t["error"] = "failed", map[string]string{"message": "Failed: " + code + ".", "code": code, "type": "invalid_request", "link": ""}
	}
	f.tasks = append(f.tasks, t)
	reply(w, 202, map[string]any{"taskUid": t["uid"], "status": "enqueued", "type": "any", "enqueuedAt": t["enqueuedAt"]})
}

func (f *fake) task(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.PathValue("uid"))
	if err != nil || n >= len(f.tasks) {
		refuse(w, 404, "task_not_found")
		return
	}
	reply(w, 200, f.tasks[n])
}

func body(r *http.Request, to any) bool { return json.NewDecoder(r.Body).Decode(to) == nil }

func (f *fake) create(w http.ResponseWriter, r *http.Request) {
	var in struct{ UID string }
	if !body(r, &in) {
		refuse(w, 400, "malformed_payload")
		return
	}
	if f.indexes[in.UID] != nil {
		f.enqueue(w, "index_already_exists")
		return
	}
	f.indexes[in.UID], f.marks[in.UID] = map[string]doc{}, map[string]json.RawMessage{}
	f.enqueue(w, "")
}

// index is the index of a request, or nil after an answer that says that there is none.
func (f *fake) index(w http.ResponseWriter, r *http.Request) map[string]doc {
	ix := f.indexes[r.PathValue("uid")]
	if ix == nil {
		refuse(w, 404, "index_not_found")
	}
	return ix
}

func (f *fake) info(w http.ResponseWriter, r *http.Request) {
	if f.index(w, r) != nil {
		reply(w, 200, map[string]string{"uid": r.PathValue("uid"), "primaryKey": "id", "createdAt": "2026-11-22T04:11:53Z", "updatedAt": "2026-11-22T04:11:53Z"})
	}
}

func (f *fake) deleteIndex(w http.ResponseWriter, r *http.Request) {
	if f.index(w, r) == nil {
		return
	}
	delete(f.indexes, r.PathValue("uid"))
	f.enqueue(w, "")
}

func (f *fake) settings(w http.ResponseWriter, r *http.Request) {
	var in map[string]json.RawMessage
	if !body(r, &in) {
		refuse(w, 400, "malformed_payload")
		return
	}
	if f.index(w, r) != nil {
		f.enqueue(w, "")
	}
}

func (f *fake) add(w http.ResponseWriter, r *http.Request) {
	var in []json.RawMessage
	if !body(r, &in) {
		refuse(w, 400, "malformed_payload")
		return
	}
	ix := f.index(w, r)
	if ix == nil {
		return
	}
	for _, raw := range in {
		var d doc
		if json.Unmarshal(raw, &d) != nil || d.ID == "" || strings.ContainsAny(d.ID, " /") {
			f.enqueue(w, "invalid_document_id")
			return
		}
		ix[d.ID], f.marks[r.PathValue("uid")][d.ID] = d, raw
	}
	f.enqueue(w, "")
}

func (f *fake) deleteBatch(w http.ResponseWriter, r *http.Request) {
	var ids []string
	if ix := f.index(w, r); ix != nil && body(r, &ids) {
		for _, id := range ids {
			delete(ix, id)
		}
		f.enqueue(w, "")
	}
}

func (f *fake) deleteOne(w http.ResponseWriter, r *http.Request) {
	if ix := f.index(w, r); ix != nil {
		delete(ix, r.PathValue("id"))
		f.enqueue(w, "")
	}
}

func (f *fake) get(w http.ResponseWriter, r *http.Request) {
	ix := f.index(w, r)
	if ix == nil {
		return
	}
	if _, ok := ix[r.PathValue("id")]; !ok {
		refuse(w, 404, "document_not_found")
		return
	}
	reply(w, 200, f.marks[r.PathValue("uid")][r.PathValue("id")])
}

func (f *fake) fetch(w http.ResponseWriter, r *http.Request) {
	var in struct{ Ids []string }
	ix := f.index(w, r)
	if ix == nil || !body(r, &in) {
		return
	}
	found := []json.RawMessage{}
	for id := range ix { // in no order, as the real one
		if slices.Contains(in.Ids, id) {
			found = append(found, f.marks[r.PathValue("uid")][id])
		}
	}
	reply(w, 200, map[string]any{"results": found, "offset": 0, "limit": len(in.Ids), "total": len(found)})
}

func (f *fake) swap(w http.ResponseWriter, r *http.Request) {
	var in []struct{ Indexes []string }
	if !body(r, &in) || len(in) != 1 || len(in[0].Indexes) != 2 {
		refuse(w, 400, "bad_request")
		return
	}
	a, b := in[0].Indexes[0], in[0].Indexes[1]
	if f.indexes[a] == nil || f.indexes[b] == nil {
		f.enqueue(w, "index_not_found")
		return
	}
	f.indexes[a], f.indexes[b] = f.indexes[b], f.indexes[a]
	f.marks[a], f.marks[b] = f.marks[b], f.marks[a]
	f.enqueue(w, "")
}

func (f *fake) search(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Queries []struct {
			IndexUID, Q, Filter string
			Limit               int
		}
	}
	if !body(r, &in) {
		refuse(w, 400, "malformed_payload")
		return
	}
	results := []map[string]any{}
	for _, q := range in.Queries {
		ix := f.indexes[q.IndexUID]
		if ix == nil {
			refuse(w, 404, "index_not_found")
			return
		}
		allowed, ok := filter(q.Filter)
		if !ok {
			refuse(w, 400, "invalid_search_filter")
			return
		}
		type hit struct {
			ID    string  `json:"id"`
			Score float64 `json:"_rankingScore"`
		}
		hits := []hit{}
		for _, d := range ix {
			if s := ranking(q.Q, d); s > 0 && allowed(d) {
				hits = append(hits, hit{d.ID, s})
			}
		}
		slices.SortFunc(hits, func(a, b hit) int {
			if a.Score != b.Score {
				return int(1e6 * (b.Score - a.Score))
			}
			return strings.Compare(a.ID, b.ID)
		})
		results = append(results, map[string]any{"indexUid": q.IndexUID, "hits": hits[:min(q.Limit, len(hits))], "query": q.Q,
			"estimatedTotalHits": len(hits), "limit": q.Limit, "offset": 0, "processingTimeMs": 0})
	}
	reply(w, 200, map[string]any{"results": results})
}

func filter(text string) (func(doc) bool, bool) {
	public, brands := false, []string(nil)
	if text == "" {
		return func(doc) bool { return true }, true
	}
	rest, found := strings.CutPrefix(text, "internal = false")
	if public = found; public {
		rest = strings.TrimPrefix(rest, " AND ")
	}
	if list, ok := strings.CutPrefix(rest, "brand IN "); ok {
		// Inside the quotes only \ and " are escaped, unlike in JSON; the suite's brands have nothing else.
		if json.Unmarshal([]byte(strings.Map(func(r rune) rune {
			if r < ' ' {
				return ' '
			}
			return r
		}, list)), &brands) != nil {
			return nil, false
		}
	} else if rest != "" {
		return nil, false
	}
	return func(d doc) bool {
		return (!public || !d.Internal) && (brands == nil || slices.Contains(brands, d.Brand))
	}, true
}

var plain = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u")

// ranking is 0 when the word is not in the document.
func ranking(q string, d doc) float64 {
	if q == "" {
		return 1
	}
	asked := kb.Tokens(strings.Trim(q, `"`))
	if len(asked) == 0 {
		return 0
	}
	want, best := plain.Replace(asked[0].Text), 0.0
	for text, weight := range map[string]float64{d.Title: 1, strings.Join(append(append(append([]string{d.Body, d.Wording}, d.Keywords...), d.Tags...), d.Models...), "\n"): 0.8} {
		for _, t := range kb.Tokens(text) {
			have := plain.Replace(t.Text)
			switch {
			case have == want:
				best = max(best, weight)
			case q[0] != '"' && !asked[0].Code && (strings.HasPrefix(have, want) || len(want) >= 5 && near(t.Text, asked[0].Text)):
				best = max(best, weight*0.8)
			}
		}
	}
	return best
}

// near says that one letter is too many, missing, another, or changed places with the next.
func near(a, b string) bool {
	if len(a) < len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(b) && a[i] == b[i] {
		i++
	}
	switch {
	case len(a) == len(b) && i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i]:
		return a[i+2:] == b[i+2:]
	case len(a) == len(b) && i < len(a):
		return a[i+1:] == b[i+1:]
	}
	return len(a) == len(b)+1 && a[i+1:] == b[i:]
}

func (f *fake) String() string {
	return fmt.Sprintf("%d indexes, %d tasks", len(f.indexes), len(f.tasks))
}
