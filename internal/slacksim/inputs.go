package slacksim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func itoa(n int) string { return strconv.Itoa(n) }

// element is one interactive element and the block that holds it.
type element struct {
	block, el Object
}

func (e element) blockID() string  { return text(e.block, "block_id") }
func (e element) actionID() string { return text(e.el, "action_id") }
func (e element) kind() string     { return text(e.el, "type") }

func text(o Object, k string) string { t, _ := o[k].(string); return t }

func object(o Object, k string) Object { t, _ := o[k].(map[string]any); return t }

func list(o Object, k string) []Object {
	a, _ := o[k].([]any)
	out := make([]Object, 0, len(a))
	for _, x := range a {
		if t, ok := x.(map[string]any); ok {
			out = append(out, t)
		}
	}
	return out
}

// elements lists the interactive elements of blocks in order.
func elements(blocks []Object) []element {
	var out []element
	add := func(b, el Object) {
		if el != nil && text(el, "action_id") != "" {
			out = append(out, element{b, el})
		}
	}
	for _, b := range blocks {
		add(b, object(b, "accessory"))
		add(b, object(b, "element"))
		if t := text(b, "type"); t == "actions" || t == "context_actions" {
			for _, el := range list(b, "elements") {
				add(b, el)
			}
		}
	}
	return out
}

// findElement finds an element by its action id, or by "block id/action id" where several share one.
func findElement(blocks []Object, ref string) (element, error) {
	var have []string
	for _, e := range elements(blocks) {
		if e.actionID() == ref || e.blockID()+"/"+e.actionID() == ref {
			return e, nil
		}
		have = append(have, e.actionID())
	}
	return element{}, fmt.Errorf("slacksim: there is no %q to click; there are %q", ref, have)
}

// valueKey is where an element of this kind keeps its value, and whether it keeps several. It is ""
// for what keeps none: buttons and overflow menus.
func valueKey(kind string) (key string, many bool) {
	switch kind {
	case "plain_text_input", "email_text_input", "url_text_input", "number_input":
		return "value", false
	case "static_select", "external_select", "radio_buttons":
		return "selected_option", false
	case "multi_static_select", "multi_external_select", "checkboxes":
		return "selected_options", true
	case "users_select":
		return "selected_user", false
	case "multi_users_select":
		return "selected_users", true
	case "conversations_select":
		return "selected_conversation", false
	case "multi_conversations_select":
		return "selected_conversations", true
	case "channels_select":
		return "selected_channel", false
	case "multi_channels_select":
		return "selected_channels", true
	case "datepicker":
		return "selected_date", false
	case "timepicker":
		return "selected_time", false
	case "datetimepicker":
		return "selected_date_time", false
	case "rich_text_input":
		return "rich_text_value", false
	case "file_input":
		return "files", true
	}
	return "", false
}

// initial is the state of an element that nobody has touched.
func initial(el Object) Object {
	kind := text(el, "type")
	key, many := valueKey(kind)
	if key == "" {
		return nil
	}
	from := map[string]string{"value": "initial_value", "rich_text_value": "initial_value"}[key]
	if from == "" {
		from = "initial_" + strings.TrimPrefix(key, "selected_")
	}
	v := el[from]
	if v == nil && many {
		v = []any{}
	}
	return Object{"type": kind, key: v}
}

// stateOf is the state of all elements: what they start with, and what was set since.
func stateOf(blocks []Object, set Object) Object {
	values := Object{}
	for _, e := range elements(blocks) {
		v := initial(e.el)
		if v == nil {
			continue
		}
		if x, ok := object(set, e.blockID())[e.actionID()].(map[string]any); ok {
			v = x
		}
		b, _ := values[e.blockID()].(Object)
		if b == nil {
			b = Object{}
			values[e.blockID()] = b
		}
		b[e.actionID()] = v
	}
	return Object{"values": values}
}

// fill makes the state of an element from a simple value: a string, a list of strings, or the object
// as Slack sends it. Menus take the value of one of their options.
func fill(el Object, v any) (Object, error) {
	kind := text(el, "type")
	key, many := valueKey(kind)
	if key == "" {
		return nil, fmt.Errorf("slacksim: a %s takes no value", kind)
	}
	if o, ok := v.(map[string]any); ok {
		out := Object{"type": kind}
		for k, x := range o {
			out[k] = x
		}
		return out, nil
	}
	var items []string
	switch x := v.(type) {
	case string:
		items = []string{x}
	case []string:
		items = x
	default:
		items = []string{fmt.Sprint(x)}
	}
	if !many && len(items) != 1 {
		return nil, fmt.Errorf("slacksim: a %s takes one value", kind)
	}
	out := make([]any, 0, len(items))
	for _, it := range items {
		var x any = it
		if strings.HasPrefix(key, "selected_option") {
			o := option(el, it)
			if o == nil {
				return nil, fmt.Errorf("slacksim: the menu %q has no option %q", text(el, "action_id"), it)
			}
			x = o
		}
		if key == "selected_date_time" { // seconds, as a number
			n, err := strconv.ParseInt(it, 10, 64)
			if err != nil {
				return nil, fmt.Errorf("slacksim: %q is no moment in seconds", it)
			}
			x = n
		}
		out = append(out, x)
	}
	if many {
		return Object{"type": kind, key: out}, nil
	}
	if key == "value" && items[0] == "" {
		return Object{"type": kind, key: nil}, nil
	}
	return Object{"type": kind, key: out[0]}, nil
}

// option finds an option by its value, in groups too.
func option(el Object, value string) Object {
	all := list(el, "options")
	for _, g := range list(el, "option_groups") {
		all = append(all, list(g, "options")...)
	}
	for _, o := range all {
		if text(o, "value") == value {
			return o
		}
	}
	return nil
}

// empty says whether a state holds no value.
func empty(v Object) bool {
	for k, x := range v {
		if k == "type" {
			continue
		}
		switch t := x.(type) {
		case nil:
		case string:
			if t != "" {
				return false
			}
		case []any:
			if len(t) > 0 {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// checkInputs is what Slack's own screen says about a form before it sends it, by block id.
func checkInputs(v *View, values Object) map[string]string {
	faults := map[string]string{}
	for _, b := range v.Blocks {
		if text(b, "type") != "input" {
			continue
		}
		el := object(b, "element")
		id := text(b, "block_id")
		val := object(object(values, id), text(el, "action_id"))
		optional, _ := b["optional"].(bool)
		if empty(val) {
			if !optional {
				faults[id] = "Please complete this required field."
			}
			continue
		}
		if t, ok := val["value"].(string); ok {
			n := len([]rune(t))
			if low, ok := el["min_length"].(float64); ok && n < int(low) {
				faults[id] = fmt.Sprintf("Must be at least %d characters.", int(low))
			}
			if high, ok := el["max_length"].(float64); ok && n > int(high) {
				faults[id] = fmt.Sprintf("Must be at most %d characters.", int(high))
			}
			if text(el, "type") == "email_text_input" && !strings.Contains(t, "@") {
				faults[id] = "Please enter a valid email address."
			}
		}
	}
	return faults
}

// setValues puts simple values, keyed by block id, action id or "block/action", into a form.
func setValues(v *View, given map[string]any) (Object, error) {
	set := Object{}
	for b, x := range object(v.State, "values") {
		set[b] = x
	}
	used := map[string]bool{}
	var keys []string
	for _, e := range elements(v.Blocks) {
		for _, k := range []string{e.blockID() + "/" + e.actionID(), e.actionID(), e.blockID()} {
			keys = append(keys, k)
			x, ok := given[k]
			if !ok || used[k] {
				continue
			}
			used[k] = true
			val, err := fill(e.el, x)
			if err != nil {
				return nil, err
			}
			block := Object{}
			for k, x := range object(set, e.blockID()) {
				block[k] = x
			}
			block[e.actionID()] = val
			set[e.blockID()] = block
			break
		}
	}
	for k := range given {
		if !used[k] {
			slices.Sort(keys)
			return nil, fmt.Errorf("slacksim: the form has no field %q; it has %q", k, slices.Compact(keys))
		}
	}
	return stateOf(v.Blocks, set), nil
}
