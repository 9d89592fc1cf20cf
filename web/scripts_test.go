package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tierline/kb"
	"tierline/ticket"
)

const pumpScript = `## Is the red light on?
> Why: it shows that the pump has power.

Look at the **front**.

- Yes → Does it hum?
- No → next

## Is the plug in?
- It was in → next
- It works now → done

## Does it hum?
- Yes → escalate
- No → escalate
`

// scripted has a customer write something that a guided script fits.
func (s *site) scripted() ticket.ID {
	s.t.Helper()
	s.article(kb.Article{ID: "pump", Title: "The pump is dead", Body: pumpScript, Audience: kb.Internal, Confidence: kb.Validated, Tags: []string{kb.TagScript}})
	id := s.mail("pump", "The pump is dead", "It does not run.")
	s.act(ticket.Action{Kind: ticket.ActRoute, Ticket: id, By: ticket.Actor{Kind: ticket.ByRule, ID: "all", Name: "all"},
		Decision: &ticket.Decision{Tier: "l1", Queue: "l1", Priority: ticket.Normal, Fits: true, Suggestions: []ticket.Suggestion{{Article: "pump", Title: "The pump is dead", Score: 0.9, Internal: true}}}})
	return id
}

func TestAScriptInTheConsole(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.scripted()
	at := "/console/tickets/" + id.String()
	anna := s.signedIn("anna")
	// press sends the page's form with one of its buttons.
	press := func(fields ...string) answer {
		t.Helper()
		f := url.Values{"do": {"script"}, "article": {"pump"}, "key": {newID()}}
		for i := 0; i+1 < len(fields); i += 2 {
			f.Set(fields[i], fields[i+1])
		}
		return anna.post(at, at, f)
	}
	mustHave(t, anna.page(at), "Go through: The pump is dead")
	if got := press(); got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != at+"?done=script#h-script" {
		t.Fatalf("begun: %d %s", got.StatusCode, got.body)
	}
	mustHave(t, anna.page(at), "step 1", "<h3>Is the red light on?</h3>", "Why: it shows that the pump has power.", "<strong>front</strong>", `value="Yes">Yes</button>`, `value="No">No</button>`)
	mustNotHave(t, anna.page(at), "Go through: The pump is dead", ">Back<")
	step := []string{"question", "Is the red light on?", "answer", "No", "key", "twice"}
	press(step...)
	press(step...) // a double click
	mustHave(t, anna.page(at), "step 2", "<h3>Is the plug in?</h3>", ">Back<", "Is the red light on? <strong>No</strong>", "Anna Agent")
	if got := press("question", "Is the red light on?", "answer", "Yes"); got.StatusCode != http.StatusConflict || !strings.Contains(got.body, "The script has gone on") {
		t.Errorf("a page of before: %d", got.StatusCode)
	}
	press("question", "Is the plug in?", "move", "back")
	mustHave(t, anna.page(at), "step 1", "<h3>Is the red light on?</h3>")
	press("question", "Is the red light on?", "answer", "Yes")
	press("question", "Does it hum?", "answer", "No")
	mustHave(t, anna.page(at), "The pump is dead: nothing of it helped", "Does it hum? <strong>No</strong>")
	for _, bad := range [][]string{{"article", ""}, {"answer", "Yes"}, {"question", "Does it hum?"}, {"article", "pump", "question", "x", "answer", "y"}} {
		if got := press(bad...); got.StatusCode != http.StatusBadRequest && got.StatusCode != http.StatusConflict && got.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d", bad, got.StatusCode)
		}
	}

	// Who may only write articles sees what was done, and presses nothing.
	other := s.mail("pump2", "The pump is dead again", "It does not run.")
	page := s.signedIn("ed").page("/console/tickets/" + other.String())
	mustNotHave(t, page, `value="script"`)
}

// scripted goes through what the API does with scripts.
func (c *client) scripted() {
	t := c.s.t
	t.Helper()
	id := c.s.scripted()
	path := "/tickets/" + id.String() + "/script"
	var got ScriptState
	c.call("GET", path, nil, 200, &got)
	if got.Now != nil || len(got.Offered) != 1 || got.Offered[0].Article != "pump" || len(got.Runs) != 0 {
		t.Fatalf("before: %+v", got)
	}
	c.call("POST", path, object{"article": "pump"}, 200, &got)
	if got.Now == nil || got.Now.Question != "Is the red light on?" || got.Now.Why == "" || got.Now.How == "" || len(got.Now.Answers) != 2 {
		t.Fatalf("begun: %+v", got.Now)
	}
	for range 2 {
		c.call("POST", path, object{"article": "pump", "question": "Is the red light on?", "answer": "No"}, 200, &got, "Idempotency-Key", "one")
	}
	if got.Now.Question != "Is the plug in?" || got.Now.Behind != 1 || got.Runs[0].Answers[0].By.Kind != ticket.ByAPI {
		t.Fatalf("answered: %+v %+v", got.Now, got.Runs)
	}
	c.call("POST", path, object{"article": "pump", "question": "Is the red light on?", "answer": "Yes"}, 409, nil)
	c.call("POST", path, object{"article": "pump", "question": "Is the plug in?", "answer": "Perhaps"}, 409, nil)
	c.call("POST", path, object{"article": "pump", "back": true, "agent": "anna@example.org"}, 200, &got)
	if got.Now.Question != "Is the red light on?" || got.Now.Behind != 0 {
		t.Errorf("back: %+v", got.Now)
	}
	c.call("POST", path, object{"article": "pump", "question": "Is the red light on?", "answer": "No", "agent": "anna@example.org"}, 200, nil)
	c.call("POST", path, object{"article": "pump", "question": "Is the plug in?", "answer": "It works now"}, 200, &got)
	got = ScriptState{}
	c.call("GET", path, nil, 200, &got)
	if got.Now != nil || got.Runs[0].End != ticket.ScriptDone || got.Runs[0].Answers[0].By.Name != "Anna Agent" {
		t.Errorf("at its end: %+v", got)
	}
	for _, bad := range []object{{}, {"article": "pump", "answer": "Yes"}, {"article": "pump", "back": true, "stop": true}, {"article": "pump", "question": "x", "answer": "y", "stop": true}, {"article": "pump", "x": 1}} {
		c.call("POST", path, bad, 400, nil)
	}
	c.call("POST", path, object{"article": "nope"}, 404, nil)
	c.call("POST", path, object{"article": "pump", "agent": "nobody@example.org"}, 403, nil)
	c.call("GET", "/tickets/T-9999/script", nil, 404, nil)
}

func TestAScriptIsPlayedThroughWhileItIsWritten(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.scripted()
	ed := s.signedIn("ed")
	const at = "/console/articles/pump/edit"
	mustHave(t, ed.page(at), "3 steps, each reached", "Is the red light on?", `value="way:0">Yes</button>`, `value="way:1">No</button>`)
	form := func(body string, fields ...string) url.Values {
		f := url.Values{"title": {"The pump is dead"}, "rev": {"1"}, "language": {"en"}, "audience": {"internal"}, "confidence": {"validated"}, "tags": {"script"}, "body": {body}}
		for i := 0; i+1 < len(fields); i += 2 {
			f.Set(fields[i], fields[i+1])
		}
		return f
	}
	got := ed.post(at, at, form(pumpScript, "play", "way:1.0"))
	mustHave(t, got.body, "Is the plug in? <strong>It was in</strong>", `value="way:1.0.1">No</button>`, `value="way:1">Back</button>`, `name="way" value="1.0"`)
	mustHave(t, ed.post(at, at, form(pumpScript, "play", "way:1.1")).body, "The end: it has helped.")
	mustHave(t, ed.post(at, at, form(pumpScript, "play", "way:0.0.7")).body, "The end: nothing has helped.")
	mustHave(t, ed.post(at, at, form(pumpScript, "play", "way:9.x.-1")).body, "Is the red light on?", `value="way:0">Yes</button>`)
	mustHave(t, ed.post(at, at, form("## A?\n- x → done\n- y → B?\n## B?\n- z → B?\n## C?\n- w → done\n", "do", "check")).body,
		"round and round", "nothing leads to &#34;C?&#34;", "has one answer")
	mustHave(t, ed.post(at, at, form("text", "do", "check")).body, "no heading of the second level")
	if a, err := s.store.Article(t.Context(), "pump"); err != nil || a.Rev != 1 || a.Body != pumpScript {
		t.Errorf("it was saved: %+v %v", a, err)
	}
	f := form("text")
	f.Set("tags", "")
	f.Set("do", "check")
	mustNotHave(t, ed.post(at, at, f).body, "Play it through")
}
