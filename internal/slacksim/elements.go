package slacksim

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

var (
	selectKinds = []string{"static_select", "external_select", "users_select", "conversations_select", "channels_select"}
	multiKinds  = []string{"multi_static_select", "multi_external_select", "multi_users_select", "multi_conversations_select", "multi_channels_select"}
	pickKinds   = []string{"checkboxes", "radio_buttons", "datepicker", "timepicker"}

	accessoryKinds = slices.Concat([]string{"button", "overflow", "image", "workflow_button"}, selectKinds, multiKinds, pickKinds)
	actionKinds    = slices.Concat([]string{"button", "overflow", "datetimepicker", "workflow_button"}, selectKinds, multiKinds, pickKinds)
	inputKinds     = slices.Concat([]string{"plain_text_input", "email_text_input", "url_text_input", "number_input", "file_input",
		"rich_text_input", "datetimepicker"}, selectKinds, multiKinds, pickKinds)

	dateRule     = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	timeRule     = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`)
	filterValues = []string{"im", "mpim", "private", "public"}
)

// element checks one element and gives it an action id when it has none.
func (c *checker) element(at string, e Object, kinds []string) {
	kind := text(e, "type")
	if !slices.Contains(kinds, kind) {
		c.fault(at+"/type", "unsupported type: %s", kind)
		return
	}
	if kind == "image" {
		c.imageElement(at, e)
		return
	}
	c.str(at, e, "action_id", 0, 255)
	if text(e, "action_id") == "" {
		e["action_id"] = c.s.id("a")
	}
	if f, _ := e["focus_on_load"].(bool); f {
		if c.focus {
			c.fault(at+"/focus_on_load", "only one element can have focus_on_load")
		}
		c.focus = true
	}
	c.textAt(at, e, "placeholder", plainOnly, 150)
	c.confirm(at, e)
	switch {
	case kind == "button":
		c.button(at, e)
	case kind == "overflow":
		c.fields(at, e, "options", "action_id confirm")
		c.options(at, e, 1, 5, plainOnly, true)
	case kind == "checkboxes" || kind == "radio_buttons":
		c.fields(at, e, "options", "action_id confirm focus_on_load initial_option initial_options")
		c.options(at, e, 1, 10, anyText, false)
		c.initial(at, e)
	case slices.Contains(selectKinds, kind) || slices.Contains(multiKinds, kind):
		c.menu(at, e, kind)
	case slices.Contains([]string{"datepicker", "timepicker", "datetimepicker"}, kind):
		c.picker(at, e, kind)
	case strings.HasSuffix(kind, "_input"):
		c.typedInput(at, e, kind)
	}
}

func (c *checker) button(at string, e Object) {
	c.fields(at, e, "text", "action_id url value style confirm accessibility_label")
	c.textAt(at, e, "text", plainOnly, 75)
	c.str(at, e, "value", 0, 2000)
	c.str(at, e, "url", 0, 3000)
	c.str(at, e, "accessibility_label", 0, 75)
	c.style(at, e)
}

func (c *checker) style(at string, e Object) {
	if v, ok := e["style"]; ok && v != "primary" && v != "danger" {
		c.fault(at+"/style", "must be one of: primary danger")
	}
}

func (c *checker) confirm(at string, e Object) {
	v, ok := e["confirm"]
	if !ok || v == nil {
		return
	}
	o, ok := v.(map[string]any)
	if !ok {
		c.fault(at+"/confirm", "must provide an object")
		return
	}
	at += "/confirm"
	c.fields(at, o, "title text confirm deny", "style")
	c.textAt(at, o, "title", plainOnly, 100)
	c.textAt(at, o, "text", anyText, 300)
	c.textAt(at, o, "confirm", plainOnly, 30)
	c.textAt(at, o, "deny", plainOnly, 30)
	c.style(at, o)
}

// options checks a list of options. Their values must differ.
func (c *checker) options(at string, e Object, least, most int, kinds string, url bool) {
	optional := "description"
	if url {
		optional += " url"
	}
	for i, o := range c.items(at, e, "options", least, most) {
		p := fmt.Sprintf("%s/options/%d", at, i)
		c.fields(p, o, "text value", optional)
		c.textAt(p, o, "text", kinds, 75)
		c.textAt(p, o, "description", kinds, 75)
		c.str(p, o, "value", 1, 150)
		c.str(p, o, "url", 0, 3000)
	}
}

func (c *checker) menu(at string, e Object, kind string) {
	common := "action_id placeholder confirm focus_on_load"
	many := strings.HasPrefix(kind, "multi_")
	if many {
		common += " max_selected_items"
		c.number(at, e, "max_selected_items", 1, 1000)
	}
	switch strings.TrimPrefix(kind, "multi_") {
	case "static_select":
		c.fields(at, e, "", common+" options option_groups initial_option initial_options")
		if (e["options"] == nil) == (e["option_groups"] == nil) {
			c.fault(at, "must provide one of: options, option_groups")
		}
		c.options(at, e, 1, 100, plainOnly, false)
		for i, g := range c.items(at, e, "option_groups", 1, 100) {
			p := fmt.Sprintf("%s/option_groups/%d", at, i)
			c.fields(p, g, "label options", "")
			c.textAt(p, g, "label", plainOnly, 75)
			c.options(p, g, 1, 100, plainOnly, false)
		}
		c.initial(at, e)
	case "external_select":
		c.fields(at, e, "", common+" min_query_length initial_option initial_options")
		c.number(at, e, "min_query_length", 0, 300)
	case "users_select":
		c.fields(at, e, "", common+" initial_user initial_users")
	case "channels_select":
		c.fields(at, e, "", common+" initial_channel initial_channels response_url_enabled")
	case "conversations_select":
		c.fields(at, e, "", common+" initial_conversation initial_conversations default_to_current_conversation response_url_enabled filter")
		for _, x := range c.strings(at, object(e, "filter"), "include") {
			if !slices.Contains(filterValues, x) {
				c.fault(at+"/filter/include", "must be one of: %s", strings.Join(filterValues, " "))
			}
		}
	}
}

func (c *checker) strings(at string, o Object, k string) []string {
	a, _ := o[k].([]any)
	out := make([]string, 0, len(a))
	for _, x := range a {
		t, ok := x.(string)
		if !ok {
			c.fault(at+"/"+k, "must provide a string")
		}
		out = append(out, t)
	}
	return out
}

// initial checks that what is chosen at the start is among the options, exactly.
func (c *checker) initial(at string, e Object) {
	chosen := c.items(at, e, "initial_options", 1, 100)
	if o := object(e, "initial_option"); o != nil {
		chosen = append(chosen, o)
	}
	for _, o := range chosen {
		p := at + "/initial_option"
		c.textAt(p, o, "text", anyText, 75) // fills in the same flags as in the options
		c.textAt(p, o, "description", anyText, 75)
		if !reflect.DeepEqual(option(e, text(o, "value")), o) {
			c.fault(p, "must exactly match one of the options")
		}
	}
}

func (c *checker) picker(at string, e Object, kind string) {
	switch kind {
	case "datepicker":
		c.fields(at, e, "", "action_id placeholder confirm focus_on_load initial_date")
		if d := text(e, "initial_date"); d != "" && !dateRule.MatchString(d) {
			c.fault(at+"/initial_date", "must be of the form YYYY-MM-DD")
		}
	case "timepicker":
		c.fields(at, e, "", "action_id placeholder confirm focus_on_load initial_time timezone")
		if d := text(e, "initial_time"); d != "" && !timeRule.MatchString(d) {
			c.fault(at+"/initial_time", "must be of the form HH:mm")
		}
	default:
		c.fields(at, e, "", "action_id confirm focus_on_load initial_date_time")
		c.number(at, e, "initial_date_time", 1e9, 1e10-1)
	}
}

func (c *checker) typedInput(at string, e Object, kind string) {
	common := "action_id placeholder initial_value dispatch_action_config focus_on_load"
	switch kind {
	case "plain_text_input":
		c.fields(at, e, "", common+" multiline min_length max_length")
		c.number(at, e, "min_length", 0, 3000)
		c.number(at, e, "max_length", 1, 3000)
		most := 3000
		if n, ok := e["max_length"].(float64); ok {
			most = int(n)
		}
		c.str(at, e, "initial_value", 0, most)
	case "number_input":
		c.fields(at, e, "is_decimal_allowed", common+" min_value max_value")
		c.str(at, e, "initial_value", 0, 100)
	case "file_input":
		c.fields(at, e, "", "action_id filetypes max_files")
		c.number(at, e, "max_files", 1, 10)
	case "rich_text_input":
		c.fields(at, e, "", common+" min_lines max_lines")
	default:
		c.fields(at, e, "", common)
		c.str(at, e, "initial_value", 0, 3000)
	}
}
