package slacksim

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func repeat(n int, f func(i int) string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = f(i)
	}
	return strings.Join(all, ",")
}

func section(s string) string {
	return fmt.Sprintf(`{"type":"section","text":{"type":"mrkdwn","text":%q}}`, s)
}

func actions(els string) string { return `{"type":"actions","elements":[` + els + `]}` }

func button(id, label string) string {
	return fmt.Sprintf(`{"type":"button","action_id":%q,"text":{"type":"plain_text","text":%q}}`, id, label)
}

func menu(options string) string {
	return `{"type":"static_select","action_id":"m","options":[` + options + `]}`
}

func opt(text, value string) string {
	return fmt.Sprintf(`{"text":{"type":"plain_text","text":%q},"value":%q}`, text, value)
}

// Each limit is tried at its edge: what is just allowed passes, one more is refused with Slack's words.
func TestBlockLimits(t *testing.T) {
	t.Parallel()
	x := strings.Repeat
	edges := []struct {
		name, good, bad, says string
	}{
		{"blocks in a message", repeat(50, func(int) string { return `{"type":"divider"}` }), repeat(51, func(int) string { return `{"type":"divider"}` }), "no more than 50 items allowed [json-pointer:/blocks]"},
		{"section text", section(x("ä", 3000)), section(x("ä", 3001)), "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"},
		{"empty text", section("a"), section(""), "must be more than 0 characters [json-pointer:/blocks/0/text/text]"},
		{"section without text", section("a"), `{"type":"section"}`, "missing required field: text [json-pointer:/blocks/0]"},
		{"fields", `{"type":"section","fields":[` + repeat(10, func(int) string { return `{"type":"mrkdwn","text":"a"}` }) + `]}`,
			`{"type":"section","fields":[` + repeat(11, func(int) string { return `{"type":"mrkdwn","text":"a"}` }) + `]}`, "no more than 10 items allowed [json-pointer:/blocks/0/fields]"},
		{"field text", `{"type":"section","fields":[{"type":"mrkdwn","text":"` + x("a", 2000) + `"}]}`, `{"type":"section","fields":[{"type":"mrkdwn","text":"` + x("a", 2001) + `"}]}`, "must be less than 2001 characters"},
		{"header", `{"type":"header","text":{"type":"plain_text","text":"` + x("a", 150) + `"}}`, `{"type":"header","text":{"type":"plain_text","text":"` + x("a", 151) + `"}}`, "must be less than 151 characters"},
		{"header is plain", `{"type":"header","text":{"type":"plain_text","text":"a"}}`, `{"type":"header","text":{"type":"mrkdwn","text":"a"}}`, "/blocks/0/text/type"},
		{"context", `{"type":"context","elements":[` + repeat(10, func(int) string { return `{"type":"mrkdwn","text":"a"}` }) + `]}`, `{"type":"context","elements":[` + repeat(11, func(int) string { return `{"type":"mrkdwn","text":"a"}` }) + `]}`, "no more than 10 items"},
		{"context holds no buttons", `{"type":"context","elements":[{"type":"plain_text","text":"a"}]}`, `{"type":"context","elements":[` + button("a", "b") + `]}`, "/blocks/0/elements/0/type"},
		{"actions", actions(repeat(25, func(i int) string { return button(itoa(i), "b") })), actions(repeat(26, func(i int) string { return button(itoa(i), "b") })), "no more than 25 items allowed [json-pointer:/blocks/0/elements]"},
		{"no actions", actions(button("a", "b")), actions(""), "no fewer than 1 items"},
		{"button text", actions(button("a", x("b", 75))), actions(button("a", x("b", 76))), "must be less than 76 characters"},
		{"button value", `{"type":"actions","elements":[{"type":"button","value":"` + x("v", 2000) + `","text":{"type":"plain_text","text":"a"}}]}`,
			`{"type":"actions","elements":[{"type":"button","value":"` + x("v", 2001) + `","text":{"type":"plain_text","text":"a"}}]}`, "must be less than 2001 characters"},
		{"button style", `{"type":"actions","elements":[{"type":"button","style":"danger","text":{"type":"plain_text","text":"a"}}]}`,
			`{"type":"actions","elements":[{"type":"button","style":"default","text":{"type":"plain_text","text":"a"}}]}`, "must be one of: primary danger"},
		{"action ids", actions(button("a", "b") + "," + button("c", "d")), actions(button("a", "b") + "," + button("a", "d")), "action_id must be unique"},
		{"action id length", actions(button(x("a", 255), "b")), actions(button(x("a", 256), "b")), "must be less than 256 characters"},
		{"block ids", `{"type":"divider","block_id":"a"},{"type":"divider","block_id":"b"}`, `{"type":"divider","block_id":"a"},{"type":"divider","block_id":"a"}`, "block_id must be unique"},
		{"options", actions(menu(repeat(100, func(i int) string { return opt("o", itoa(i)) }))), actions(menu(repeat(101, func(i int) string { return opt("o", itoa(i)) }))), "no more than 100 items"},
		{"no options", actions(menu(opt("o", "1"))), actions(menu("")), "no fewer than 1 items"},
		{"option text", actions(menu(opt(x("o", 75), "1"))), actions(menu(opt(x("o", 76), "1"))), "must be less than 76 characters"},
		{"option value", actions(menu(opt("o", x("1", 150)))), actions(menu(opt("o", x("1", 151)))), "must be less than 151 characters"},
		{"overflow", actions(`{"type":"overflow","options":[` + repeat(5, func(i int) string { return opt("o", itoa(i)) }) + `]}`), actions(`{"type":"overflow","options":[` + repeat(6, func(i int) string { return opt("o", itoa(i)) }) + `]}`), "no more than 5 items"},
		{"initial option", actions(`{"type":"static_select","options":[` + opt("o", "1") + `],"initial_option":` + opt("o", "1") + `}`), actions(`{"type":"static_select","options":[` + opt("o", "1") + `],"initial_option":` + opt("p", "1") + `}`), "must exactly match one of the options"},
		{"date", actions(`{"type":"datepicker","initial_date":"2026-01-31"}`), actions(`{"type":"datepicker","initial_date":"31.1.2026"}`), "YYYY-MM-DD"},
		{"unknown field", section("a"), `{"type":"divider","text":"a"}`, "invalid additional property: text"},
		{"emoji of mrkdwn", section("a"), `{"type":"section","text":{"type":"mrkdwn","text":"a","emoji":true}}`, "invalid additional property: emoji"},
		{"unknown type", section("a"), `{"type":"banner"}`, "unsupported type: banner [json-pointer:/blocks/0/type]"},
		{"image", `{"type":"image","image_url":"https://a.example/a.png","alt_text":"a"}`, `{"type":"image","image_url":"https://a.example/a.png"}`, "missing required field: alt_text"},
		{"text input only in an input", `{"type":"input","label":{"type":"plain_text","text":"l"},"element":{"type":"plain_text_input"}}`, actions(`{"type":"plain_text_input"}`), "unsupported type: plain_text_input"},
		{"rich text", `{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"a"}]}]}`, `{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":""}]}]}`, "must be more than 0 characters"},
		{"confirm", actions(`{"type":"button","text":{"type":"plain_text","text":"a"},"confirm":{"title":{"type":"plain_text","text":"t"},"text":{"type":"plain_text","text":"t"},"confirm":{"type":"plain_text","text":"` + x("y", 30) + `"},"deny":{"type":"plain_text","text":"n"}}}`),
			actions(`{"type":"button","text":{"type":"plain_text","text":"a"},"confirm":{"title":{"type":"plain_text","text":"t"},"text":{"type":"plain_text","text":"t"},"confirm":{"type":"plain_text","text":"` + x("y", 31) + `"},"deny":{"type":"plain_text","text":"n"}}}`), "must be less than 31 characters"},
	}
	s := Start(t, Sample())
	for _, e := range edges {
		if o := post(t, s, "chat.postMessage", form("channel", "C0L1", "text", "t", "blocks", "["+e.good+"]")); o["ok"] != true {
			t.Errorf("%s: what is allowed was refused: %v", e.name, o)
		}
		o := post(t, s, "chat.postMessage", form("channel", "C0L1", "text", "t", "blocks", "["+e.bad+"]"))
		if o["error"] != "invalid_blocks" || !strings.Contains(fmt.Sprint(o["errors"], o["response_metadata"]), e.says) {
			t.Errorf("%s: got %v", e.name, o)
		}
	}
	long := repeat(5, func(int) string { return section(x("a", 2600)) })
	if o := post(t, s, "chat.postMessage", form("channel", "C0L1", "text", "t", "blocks", "["+long+"]")); o["error"] != "msg_blocks_too_long" {
		t.Errorf("%v", o)
	}
	if o := post(t, s, "chat.postMessage", form("channel", "C0L1", "text", "t", "blocks", `{"type":"divider"}`)); o["error"] != "invalid_blocks_format" {
		t.Errorf("%v", o)
	}
}

func TestViewRules(t *testing.T) {
	t.Parallel()
	clock := NewManualClock(start)
	cfg := Sample()
	cfg.Clock = clock
	cfg.App.Shortcuts = []Shortcut{{CallbackID: "new", Name: "New", Type: "global"}}
	s := Start(t, cfg)
	got := record(t, s)
	trigger := func() string {
		check(t, s, s.Shortcut("anna", "new", "", ""))
		return text(got.last("shortcut"), "trigger_id")
	}
	modal := func(title, more string) string {
		return fmt.Sprintf(`{"type":"modal","title":{"type":"plain_text","text":%q}%s,"blocks":[{"type":"divider"}]}`, title, more)
	}
	for name, view := range map[string]string{
		"a title of 25":           modal(strings.Repeat("t", 25), ""),
		"no title":                `{"type":"modal","blocks":[{"type":"divider"}]}`,
		"private metadata":        modal("t", `,"private_metadata":"`+strings.Repeat("p", 3001)+`"`),
		"an input without submit": `{"type":"modal","title":{"type":"plain_text","text":"t"},"blocks":[{"type":"input","label":{"type":"plain_text","text":"l"},"element":{"type":"plain_text_input"}}]}`,
		"101 blocks":              `{"type":"modal","title":{"type":"plain_text","text":"t"},"blocks":[` + repeat(101, func(int) string { return `{"type":"divider"}` }) + `]}`,
		"blocks null":             `{"type":"modal","title":{"type":"plain_text","text":"t"},"blocks":null}`,
		"a home view":             `{"type":"home","blocks":[]}`,
	} {
		if o := post(t, s, "views.open", form("trigger_id", trigger(), "view", view)); o["error"] != "invalid_arguments" {
			t.Errorf("%s: %v", name, o)
		}
	}
	tr := trigger()
	clock.Advance(3*time.Second + 1)
	if o := post(t, s, "views.open", form("trigger_id", tr, "view", modal("t", ""))); o["error"] != "expired_trigger_id" {
		t.Errorf("%v", o)
	}
	if o := post(t, s, "views.open", form("trigger_id", "1.2.3", "view", modal("t", ""))); o["error"] != "invalid_trigger_id" {
		t.Errorf("%v", o)
	}
	root := object(ok(t, s, "views.open", "trigger_id", trigger(), "view", modal(strings.Repeat("t", 24), "")), "view")
	for range maxStack - 1 {
		ok(t, s, "views.push", "trigger_id", trigger(), "view", modal("next", ""))
	}
	if o := post(t, s, "views.push", form("trigger_id", trigger(), "view", modal("next", ""))); o["error"] != "push_limit_reached" {
		t.Errorf("%v", o)
	}
	if top := s.View("anna"); top.RootViewID != root["id"] || top.PreviousViewID == nil {
		t.Errorf("%+v", top)
	}
	if o := post(t, s, "views.update", form("view_id", text(root, "id"), "hash", "old", "view", modal("t", ""))); o["error"] != "hash_conflict" {
		t.Errorf("%v", o)
	}
	ok(t, s, "views.update", "view_id", text(root, "id"), "hash", text(root, "hash"), "view", modal("changed", ""))
	if o := post(t, s, "views.update", form("view_id", "V404", "view", modal("t", ""))); o["error"] != "not_found" {
		t.Errorf("%v", o)
	}
	if err := s.CloseView("anna", s.View("anna").ID, true); err != nil || s.View("anna") != nil {
		t.Error(err)
	}
}

func FuzzCheckBlocks(f *testing.F) {
	f.Add("[" + section("a") + "," + actions(button("a", "b")+","+menu(opt("o", "1"))) + "]")
	f.Add(`[{"type":"input","label":{"type":"plain_text","text":"l"},"element":{"type":"number_input","is_decimal_allowed":false}}]`)
	f.Add(`[{"type":"rich_text","elements":[{"type":"rich_text_list","style":"bullet","elements":[{"type":"rich_text_section","elements":[]}]}]}]`)
	f.Add(`[{"type":"table","rows":[[1]]},{"type":"section","accessory":7,"fields":[1]},null]`)
	s, err := New(Sample())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	f.Fuzz(func(t *testing.T, in string) {
		var blocks []Object
		if json.Unmarshal([]byte(in), &blocks) != nil {
			t.Skip()
		}
		for _, where := range []surface{surfaceMessage, surfaceModal, surfaceHome} {
			if s.checkBlocks(blocks, where) == nil {
				if err := s.checkBlocks(blocks, where); err != nil {
					t.Fatalf("blocks that were allowed and completed are refused: %v", describe(err))
				}
			}
			stateOf(blocks, nil)
			texts(blocks)
		}
	})
}
