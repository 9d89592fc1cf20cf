package slackdesk_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tierline/internal/slacksim"
	"tierline/router"
	"tierline/router/oncall"
	"tierline/ticket"
)

// rotaGateway is one whose level 2 takes daily turns of 24 hours from an hour ago on: Chloé, Dev, Chloé, …
func rotaGateway(t *testing.T) (*gateway, func(hours int) time.Time) {
	t.Helper()
	begin := time.Now().UTC().Add(-time.Hour).Truncate(time.Minute)
	g := newGateway(t, func(c *router.Config) {
		c.Tiers[1].OnCall = oncall.Config{Layer: oncall.Layer{People: []string{"chloe", "dev"}, Rotate: oncall.Daily, Start: begin.Format("2006-01-02 15:04")}}
	})
	return g, func(hours int) time.Time { return begin.Add(time.Duration(hours) * time.Hour) }
}

// rosterForm waits for a form about who is on call, and sends it. What it says then is in the window.
func (g *gateway) rosterForm(who, form string, values map[string]any) *slacksim.View {
	g.Helper()
	var v *slacksim.View
	g.eventually("the form "+form, func() bool { v = g.sim.View(who); return v != nil && v.CallbackID == form })
	ans, err := g.sim.Submit(who, v.ID, values)
	if err != nil || len(ans.Errors) > 0 || ans.View == nil {
		g.Fatalf("%s: %v %+v", form, err, ans)
	}
	return ans.View
}

func (g *gateway) dm(who, part string) slacksim.Message {
	g.Helper()
	channel, err := g.sim.DM(who, "@app")
	g.must(err)
	return g.message(channel, "", part)
}

func (g *gateway) says(who, part string) {
	g.Helper()
	g.eventually("a window that says "+part, func() bool { v := g.sim.View(who); return v != nil && strings.Contains(v.PlainText(), part) })
}

func (g *gateway) command(who, text string) {
	g.Helper()
	g.must(g.sim.Slash(who, "support-l2", "/tier", text))
}

func contains(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%q is missing in:\n%s", w, text)
		}
	}
}

func TestALeadOverridesInSlackAndTakesItBack(t *testing.T) {
	t.Parallel()
	g, at := rotaGateway(t)
	g.command("lena", "oncall override")
	v := g.rosterForm("lena", "roster_override", map[string]any{"with": "p:dev", "place": "p:chloe", "from": at(2).Unix(), "to": at(4).Unix(), "reason": "Dentist"})
	contains(t, v.PlainText(), "Dev Patel is on call in place of Chloé Martin", "Take it back")
	contains(t, g.dm("dev", "Lena Vogel has changed your shifts").PlainText(), "You are on call for Level 2")
	contains(t, g.dm("chloe", "Lena Vogel has changed your shifts").PlainText(), "You are not on call any more for Level 2")
	g.command("dev", "oncall")
	contains(t, g.message("C0L2", "", "Changes that count").PlainText(), "Dev Patel is on call in place of Chloé Martin", "Dentist")
	g.must(g.sim.ClickIn("lena", v.ID, "roster_withdraw"))
	g.says("lena", "It is taken back: the schedule is as it was before")
	g.dm("chloe", "You are on call for Level 2")
	g.dm("dev", "You are not on call any more")

	// Who is no lead may only help: a colleague's shift is not theirs to give away.
	g.command("dev", "override")
	v = g.rosterForm("dev", "roster_override", map[string]any{"from": at(2).Unix(), "to": at(4).Unix()})
	contains(t, v.PlainText(), "Dev Patel is on call beside the others")
	if element(v, "with") != nil {
		t.Error("who is no lead chooses somebody")
	}
}

func TestALeadMakesATemporaryScheduleInSlack(t *testing.T) {
	t.Parallel()
	g, at := rotaGateway(t)
	g.command("dev", "oncall temporary")
	g.message("C0L2", "", "Only a lead makes a temporary schedule")
	g.command("lena", "temporary")
	var v *slacksim.View
	g.eventually("the form", func() bool { v = g.sim.View("lena"); return v != nil })
	g.must(g.sim.ClickIn("lena", v.ID, "roster_more"))
	g.eventually("a third row", func() bool { v = g.sim.View("lena"); return v != nil && element(v, "who2") != nil })
	shift := func(n string, who string, from, to int) map[string]any {
		return map[string]any{"who" + n: who, "from" + n: at(from).Unix(), "to" + n: at(to).Unix()}
	}
	fill := map[string]any{}
	for _, row := range []map[string]any{shift("0", "dev", 2, 3), shift("1", "chloe", 3, 4), shift("2", "dev", 5, 4)} {
		for k, x := range row {
			fill[k] = x
		}
	}
	ans, err := g.sim.Submit("lena", v.ID, fill)
	g.must(err)
	if !slices.ContainsFunc(errorsOf(ans), func(s string) bool { return strings.Contains(s, "Shift 3 ends before it begins") }) {
		t.Fatalf("a shift that ends before it begins: %+v", ans)
	}
	fill["from2"], fill["to2"] = at(5).Unix(), at(6).Unix()
	v = g.rosterForm("lena", "roster_temporary", fill)
	contains(t, v.PlainText(), "Temporary schedule of 3 shifts")
	c := g.change(ticket.RosterTemporary)
	if !c.From.Equal(at(2)) || !c.To.Equal(at(6)) || len(c.Shifts) != 3 || c.Shifts[1].Person != "chloe" {
		t.Errorf("%+v", c)
	}
	g.dm("dev", "You are on call for Level 2")
}

func errorsOf(a slacksim.Answer) (list []string) {
	for _, e := range a.Errors {
		list = append(list, e)
	}
	return list
}

// change waits for a change of a kind.
func (g *gateway) change(kind ticket.RosterKind) (found ticket.RosterChange) {
	g.Helper()
	g.eventually("a change of the kind "+string(kind), func() bool {
		r, err := g.store.Roster(g.Context(), time.Now())
		g.must(err)
		for _, c := range r.Changes {
			if c.Kind == kind {
				found = c
			}
		}
		return found.ID != 0
	})
	return found
}

func TestALeadActsForOthersInSlack(t *testing.T) {
	t.Parallel()
	g, at := rotaGateway(t)
	option := func(who, input, part string) string {
		g.Helper()
		var value string
		g.eventually("the choice "+part, func() bool {
			v := g.sim.View(who)
			if v == nil {
				return false
			}
			for _, o := range options(v, input) {
				if strings.Contains(o[0], part) && value == "" {
					value = o[1]
				}
			}
			return value != ""
		})
		return value
	}
	g.command("lena", "oncall swap")
	dev := option("lena", "mine", "Dev Patel")
	var chloes []string
	for _, o := range options(g.sim.View("lena"), "theirs") {
		if strings.Contains(o[0], "Chloé") {
			chloes = append(chloes, o[1])
		}
	}
	v := g.rosterForm("lena", "roster_swap", map[string]any{"mine": dev, "theirs": chloes[0]})
	contains(t, v.PlainText(), "Chloé Martin is asked to take the shift of Dev Patel")
	g.dm("dev", "Lena Vogel offers your shift for Level 2 in a swap with Chloé Martin")
	ask := g.dm("chloe", "asks to swap shifts")
	channel, err := g.sim.DM("chloe", "@app")
	g.must(err)
	g.must(g.sim.Click("chloe", channel, ask.TS, "roster_agree"))
	g.dm("dev", "Chloé Martin agrees to the swap")
	g.dm("lena", "Chloé Martin agrees to the swap")

	g.command("lena", "oncall off")
	day := at(24 * 9).Format(time.DateOnly)
	v = g.rosterForm("lena", "roster_off", map[string]any{"who": "dev", "first": day, "last": day})
	contains(t, v.PlainText(), "Dev Patel is not on call")
	g.dm("dev", "Lena Vogel has said that you are not on call")
	if c := g.change(ticket.RosterOff); c.Person != "dev" || c.By.ID != "lena" {
		t.Errorf("off: %+v", c)
	}
}

func TestTheHomeTabSwapsAndCovers(t *testing.T) {
	t.Parallel()
	g, _ := rotaGateway(t)
	home := func(who, part string) *slacksim.View {
		g.Helper()
		_, err := g.sim.OpenHome(who)
		g.must(err)
		g.eventually("a Home tab that says "+part, func() bool { v := g.sim.Home(who); return v != nil && strings.Contains(v.PlainText(), part) })
		return g.sim.Home(who)
	}
	h := home("chloe", "Your next shifts")
	contains(t, h.PlainText(), "Chloé Martin until", "then Dev Patel")
	g.must(g.sim.ClickIn("chloe", h.ID, "roster_cover"))
	v := g.rosterForm("chloe", "roster_cover", map[string]any{"with": "dev"})
	contains(t, v.PlainText(), "Dev Patel is asked to take your shift")
	h = home("dev", "Chloé Martin asks you to take")
	g.must(g.sim.ClickIn("dev", h.ID, "roster_take"))
	g.says("dev", "The shift is yours")
	g.dm("chloe", "Dev Patel has taken your shift")
	h = home("lena", "Dev Patel covers Chloé Martin")
	g.must(g.sim.ClickIn("lena", h.ID, "roster_withdraw"))
	g.says("lena", "It is taken back")
	g.dm("chloe", "You are on call for Level 2")
	g.eventually("the Home tab to be drawn anew", func() bool { return !strings.Contains(g.sim.Home("lena").PlainText(), "Changes that count") })
	// What cannot be done is said where it was clicked.
	h = home("anna", "Your next shifts")
	g.must(g.sim.ClickIn("anna", h.ID, "roster_swap"))
	g.says("anna", "You have no shift in the next 60 days")
}

// element is the input of a form with this block id; nil when it has none.
func element(v *slacksim.View, block string) slacksim.Object {
	for _, b := range v.Blocks {
		if e, ok := b["element"].(map[string]any); ok && b["block_id"] == block {
			return e
		}
	}
	return nil
}

// options are the labels and values that an input offers.
func options(v *slacksim.View, block string) (list [][2]string) {
	all, _ := element(v, block)["options"].([]any)
	for _, o := range all {
		m, _ := o.(map[string]any)
		text, _ := m["text"].(map[string]any)
		label, _ := text["text"].(string)
		value, _ := m["value"].(string)
		list = append(list, [2]string{label, value})
	}
	return list
}
