package slackdesk

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"tierline/bots"
	"tierline/internal/slacksim"
	"tierline/ticket"
)

// replies is what the fake gateway says while an answer is written.
type replies struct {
	in      bots.Answering
	macro   bots.Macro
	warn    []bots.Warning
	drafts  []ticket.Draft
	left    []string
	spoken  []string
	asked   []ticket.Action // of previews
	opening map[string]string
}

func (f *fakeBackend) Answering(_ context.Context, _ ticket.Agent, _ ticket.ID, language string) (bots.Answering, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	in := f.in
	in.Opening = f.opening[nonEmpty(language, "de")]
	return in, nil
}

func (f *fakeBackend) Macros(context.Context, ticket.Agent, ticket.ID) ([]bots.Macro, error) {
	return f.in.Macros, nil
}

func (f *fakeBackend) Macro(_ context.Context, _ ticket.Agent, _ ticket.ID, article, language string) (bots.Macro, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := f.macro
	m.Article, m.Language = article, nonEmpty(language, "de")
	return m, nil
}

func (f *fakeBackend) Preview(_ context.Context, _ ticket.Agent, _ ticket.ID, a ticket.Action) (bots.Preview, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, a)
	return bots.Preview{Channel: "email", Subject: "Re: it [T-1042]", From: "Support <help@example.org>", To: []string{"ada@example.org"}, Cc: []string{"bob@example.org"},
		Text: a.Text, Below: "Your team", Quoted: "On Monday Ada wrote:\nit reboots", Attachments: a.Attachments, Warnings: f.warn}, nil
}

func (f *fakeBackend) KeepDraft(_ context.Context, by ticket.Agent, d ticket.Draft) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	d.Agent = by.ID
	f.drafts = append(f.drafts, d)
	return nil
}

func (f *fakeBackend) LeaveDraft(_ context.Context, _ ticket.Agent, _ ticket.ID, form string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left = append(f.left, form)
	return nil
}

func (f *fakeBackend) Speak(_ context.Context, _ ticket.Agent, _ ticket.ID, language string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.spoken = append(f.spoken, language)
	return nil
}

// with changes what the fake gateway says.
func (f *fakeBackend) with(change func(*replies)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.replies)
}

// desk opens the form of an answer.
func (o *office) answering() *slacksim.View {
	o.Helper()
	_, channel, ts := o.show(sample())
	o.must(o.sim.Click("anna", channel, ts, doReply))
	return o.modal("anna", doReply)
}

// redrawn waits until the form in front of somebody says something.
func (o *office) redrawn(who, part string) (v *slacksim.View) {
	o.Helper()
	o.eventually("the form that says "+part, func() bool {
		v = o.sim.View(who)
		return v != nil && (strings.Contains(v.PlainText(), part) || strings.Contains(written(v), part))
	})
	return v
}

// written is what stands in the answer.
func written(v *slacksim.View) string {
	for _, b := range v.Blocks {
		if id, _ := b["block_id"].(string); strings.HasPrefix(id, "text") {
			text, _ := b["element"].(map[string]any)["initial_value"].(string)
			return text
		}
	}
	return ""
}

func TestAMacroBringsAlongWhatGoesWithIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	due := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	o.back.with(func(r *replies) {
		r.in.Macros = []bots.Macro{{Article: "ask-photo", Title: "Ask for a photo", Fits: true}, {Article: "close", Title: "It works again"}}
		r.macro = bots.Macro{Title: "Ask for a photo", Text: "Please send a photo of {unit}.", Open: []string{"unit"}, Tags: []string{"photo-asked"}, Untag: []string{"new"},
			Then: thenStay, Promise: ticket.PromiseUpdate, Due: due}
	})
	v := o.answering()
	if !strings.Contains(v.PlainText(), "★ Ask for a photo") {
		t.Errorf("what fits is not marked: %s", v.PlainText())
	}
	o.must(o.sim.ChooseIn("anna", v.ID, textBlock(meta{})+"/v", "Hello,\n\n\n\nBye"))
	o.must(o.sim.ChooseIn("anna", v.ID, doMacro, "ask-photo"))
	v = o.redrawn("anna", "brings along")
	for _, s := range []string{"the tag photo-asked", "the tag new goes", "a promise (update)", "it stays with us", "Nothing is known to put where {unit} stands"} {
		if !strings.Contains(v.PlainText(), s) {
			t.Errorf("the form does not say %q: %s", s, v.PlainText())
		}
	}
	if s := written(v); s != "Hello,\n\nPlease send a photo of {unit}.\n\nBye" {
		t.Errorf("the answer says %q", s)
	}
	_, err := o.sim.Submit("anna", v.ID, map[string]any{"text1": "Hello, please send a photo of SN-1."}) // all else as it stands
	o.must(err)
	a := o.acted(1)
	if a.Kind != ticket.ActReply || a.Macro != "ask-photo" || !a.Stay || !slices.Equal(a.Tags, []string{"photo-asked"}) || !slices.Equal(a.Untag, []string{"new"}) ||
		a.Promise == nil || !a.Promise.Due.Equal(due) || a.Form != v.ID {
		t.Errorf("it goes out as %+v, promise %+v", a, a.Promise)
	}
}

func TestTheLanguageOfAnAnswer(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.back.with(func(r *replies) {
		r.in.Languages = []string{"de", "en", "fr"}
		r.opening = map[string]string{"de": "Guten Tag Ada,", "fr": "Bonjour Ada,"}
	})
	c := sample()
	c.Draft = "Guten Tag Ada,"
	_, channel, ts := o.show(c)
	o.must(o.sim.Click("anna", channel, ts, doReply))
	v := o.modal("anna", doReply)
	o.must(o.sim.ChooseIn("anna", v.ID, doTongue, "fr"))
	v = o.redrawn("anna", "Bonjour Ada,")
	if !strings.Contains(v.PlainText(), "What is put in is in *French*") || strings.Contains(v.PlainText(), "Guten Tag") {
		t.Errorf("the form says %s", v.PlainText())
	}
	_, err := o.sim.Submit("anna", v.ID, map[string]any{"text1": "Bonjour Ada, voici la réponse.", "remember": []string{"yes"}})
	o.must(err)
	if a := o.acted(1); !strings.HasPrefix(a.Text, "Bonjour") {
		t.Errorf("sent %q", a.Text)
	}
	o.eventually("the language to be remembered", func() bool {
		o.back.mu.Lock()
		defer o.back.mu.Unlock()
		return slices.Equal(o.back.spoken, []string{"fr"})
	})
}

func TestWhatIsTypedIsKeptAsADraft(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	v := o.answering()
	for i := range 5 {
		o.must(o.sim.ChooseIn("anna", v.ID, "text0/v", strings.Repeat("typed ", i+1)))
	}
	o.eventually("the draft", func() bool {
		o.back.mu.Lock()
		defer o.back.mu.Unlock()
		n := len(o.back.drafts)
		return n > 0 && o.back.drafts[n-1].Text == strings.Repeat("typed ", 5)
	})
	o.back.mu.Lock()
	d := o.back.drafts[len(o.back.drafts)-1]
	o.back.mu.Unlock()
	if d.Agent != "anna" || d.Ticket != 1042 || !d.Open || d.Form != v.ID {
		t.Errorf("kept as %+v", d)
	}
	o.must(o.sim.CloseView("anna", v.ID, false))
	o.eventually("the form to be left", func() bool {
		o.back.mu.Lock()
		defer o.back.mu.Unlock()
		return slices.Contains(o.back.left, v.ID)
	})
	o.back.with(func(r *replies) {
		r.in.Draft = ticket.Draft{Text: "It was the fuse", At: noon, Macro: "fuse"}
		r.in.Writing = []bots.Writing{{Agent: ticket.Agent{Name: "Chloé"}, At: noon}}
	})
	v = o.answering()
	if s := v.PlainText(); !strings.Contains(s, "Your draft of") || !strings.Contains(s, "It was the fuse") || !strings.Contains(s, "Chloé* is writing") {
		t.Errorf("the form says %s", s)
	}
	o.must(o.sim.ClickIn("anna", v.ID, doResume))
	o.eventually("the draft in the answer", func() bool {
		v = o.sim.View("anna")
		return v != nil && written(v) == "It was the fuse" && !strings.Contains(v.PlainText(), "Your draft of")
	})
	_, err := o.sim.Submit("anna", v.ID, nil)
	o.must(err)
	if a := o.acted(1); a.Text != "It was the fuse" || a.Macro != "fuse" {
		t.Errorf("sent %q", a.Text)
	}
}

func TestWhatSpeaksAgainstAnAnswerIsAskedOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.back.with(func(r *replies) {
		r.warn = []bots.Warning{{Text: "Chloé is writing an answer now, too.", Ask: true}, {Text: "A long sentence."}}
	})
	v := o.answering()
	_, err := o.sim.Submit("anna", v.ID, map[string]any{"text0": "Hello"})
	o.must(err)
	v = o.redrawn("anna", "send it once more as it is")
	if s := v.PlainText(); !strings.Contains(s, "Chloé is writing") || strings.Contains(s, "A long sentence") || len(o.back.done()) != 0 {
		t.Errorf("the form says %s", s)
	}
	_, err = o.sim.Submit("anna", v.ID, nil)
	o.must(err)
	if a := o.acted(1); a.Text != "Hello" {
		t.Errorf("sent %q", a.Text)
	}
}

func TestThePreviewIsWhatTheCustomerGets(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.back.with(func(r *replies) { r.warn = []bots.Warning{{Text: "A long sentence."}} })
	v := o.answering()
	o.must(o.sim.ChooseIn("anna", v.ID, "text0/v", "Hello **Ada**"))
	o.must(o.sim.ClickIn("anna", v.ID, doPreview))
	v = o.redrawn("anna", "The customer will see")
	for _, s := range []string{"*Subject:* Re: it", "*To:* ada@example.org", "*Cc:* bob@example.org", "Hello *Ada*", "Your team", "Ada wrote", "A long sentence."} {
		if !strings.Contains(v.PlainText(), s) {
			t.Errorf("the preview does not say %q: %s", s, v.PlainText())
		}
	}
}

// Both ways in which Slack reaches us take an answer that goes out later, or that solves the case.
func TestAnAnswerThatGoesOutLater(t *testing.T) {
	t.Parallel()
	for _, http := range []bool{false, true} {
		t.Run(fmt.Sprint("http ", http), func(t *testing.T) {
			t.Parallel()
			var ln net.Listener
			if http {
				var err error
				if ln, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
					t.Fatal(err)
				}
			}
			o := openOffice(t, ln)
			morning := time.Date(2026, 3, 4, 7, 0, 0, 0, time.UTC)
			o.back.with(func(r *replies) { r.in.Tomorrow, r.in.Zone = morning, "Europe/Berlin" })
			v := o.answering()
			_, err := o.sim.Submit("anna", v.ID, map[string]any{"text0": "Good morning", "when": fmt.Sprintf("at:%d", morning.Unix())})
			o.must(err)
			if a := o.acted(1); a.Kind != ticket.ActLater || !a.At.Equal(morning) || a.Text != "Good morning" {
				t.Errorf("as %+v", a)
			}
			v = o.answering()
			o.must(o.sim.ChooseIn("anna", v.ID, "when/v", whenTime))
			v = o.redrawn("anna", "In your own time zone")
			ans, err := o.sim.Submit("anna", v.ID, map[string]any{"text0": "Good evening"})
			if err != nil || !strings.Contains(fmt.Sprint(ans.Errors), "Say when") {
				t.Errorf("without a time: %v %v", ans.Errors, err)
			}
			_, err = o.sim.Submit("anna", v.ID, map[string]any{"text0": "Good evening", "at": morning.Add(12 * time.Hour).Unix()})
			o.must(err)
			if a := o.acted(2); a.Kind != ticket.ActLater || !a.At.Equal(morning.Add(12*time.Hour)) {
				t.Errorf("as %+v", a)
			}
			v = o.answering()
			o.must(o.sim.ChooseIn("anna", v.ID, "then/v", thenSolve))
			v = o.redrawn("anna", "What was it?")
			_, err = o.sim.Submit("anna", v.ID, map[string]any{"text0": "It was the fuse.", "diagnosis": "fuse"})
			o.must(err)
			if a := o.acted(3); a.Kind != ticket.ActReply || !a.Solve || a.Diagnosis != "fuse" {
				t.Errorf("as %+v", a)
			}
		})
	}
}

func TestAScheduledAnswerOnTheCard(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := sample()
	c.Ticket.Later = []ticket.Scheduled{{Number: 3, Text: "Good morning", By: ticket.Actor{Kind: ticket.ByAgent, ID: "anna", Name: "Anna"}, At: noon.Add(time.Hour)}}
	_, channel, ts := o.show(c)
	if m, _ := o.sim.Message(channel, ts); !strings.Contains(m.PlainText(), "Goes out") || !strings.Contains(m.PlainText(), "Good morning") {
		t.Errorf("the card says %s", m.PlainText())
	}
	o.must(o.sim.Click("anna", channel, ts, doLaterNow))
	if a := o.acted(1); a.Kind != ticket.ActLaterNow || a.Number != 3 {
		t.Errorf("send now: %+v", a)
	}
	o.must(o.sim.Click("anna", channel, ts, doUnlater))
	if a := o.acted(2); a.Kind != ticket.ActUnlater || a.Number != 3 {
		t.Errorf("take back: %+v", a)
	}
	if v := o.modal("anna", doReply); written(v) != "Good morning" || !strings.Contains(v.PlainText(), "taken back") {
		t.Errorf("its writer has it again: %s", v.PlainText())
	}
}

func TestAnAnswerThatWasNotDelivered(t *testing.T) {
	t.Parallel()
	for channel, elsewhere := range map[string]bool{"email": true, "chat": false, "slack": false} {
		o := newOffice(t)
		c := sample()
		c.Ticket.Channel = channel
		at, room, _ := o.show(c)
		failed := ticket.Message{Ticket: 1042, Seq: 2, Kind: ticket.Public, Direction: ticket.Out, Channel: channel, Delivery: ticket.Failed, Problem: "mailbox full",
			Text: "Hello Ada", Author: ticket.Actor{Kind: ticket.ByAgent, ID: "anna", Name: "Anna"}, At: noon}
		o.back.mu.Lock()
		o.back.said = []ticket.Message{{Ticket: 1042, Seq: 1}, failed}
		o.back.mu.Unlock()
		ref, err := o.desk.Post(t.Context(), c, at, failed, false)
		o.must(err)
		_, ts, _ := parsePlace(ref)
		o.must(o.sim.Click("anna", room, ts, doRetry))
		if a := o.acted(1); a.Kind != ticket.ActResend || a.Seq != 2 || !a.To.IsZero() {
			t.Errorf("%s: again: %+v", channel, a)
		}
		o.must(o.sim.Click("anna", room, ts, doCopy))
		v := o.modal("anna", doCopy)
		if !strings.Contains(written(v), "Hello Ada") {
			t.Errorf("%s: the copy says %s", channel, v.PlainText())
		}
		_, err = o.sim.Submit("anna", v.ID, nil) // OK
		o.must(err)
		if err := o.sim.Click("anna", room, ts, doElsewhere); (err == nil) != elsewhere {
			t.Errorf("%s: another address: %v", channel, err)
		}
		if !elsewhere {
			continue
		}
		_, err = o.sim.Submit("anna", o.modal("anna", doElsewhere).ID, map[string]any{"address": " ada@home.example "})
		o.must(err)
		if a := o.acted(2); a.Kind != ticket.ActResend || a.Seq != 2 || a.To.Value != "ada@home.example" {
			t.Errorf("elsewhere: %+v", a)
		}
	}
}
