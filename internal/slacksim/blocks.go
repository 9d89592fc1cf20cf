package slacksim

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// surface is where blocks stand.
type surface int

const (
	surfaceMessage surface = iota
	surfaceModal
	surfaceHome
)

const (
	maxBlocksMessage = 50
	maxBlocksView    = 100
	// maxBlocksText is not in the reference: "12,000 text characters with a buffer for block
	// containers" (github.com/slackapi/bolt-js issues 2509 and 2867).
	maxBlocksText = 12000
	maxFaults     = 20 // told of one call
)

// checker holds blocks against the limits of https://docs.slack.dev/reference/block-kit and writes
// down each fault as Slack words it.
type checker struct {
	s      *Server
	where  surface
	root   string // of the JSON pointers
	faults []string
	ids    map[string]bool // block ids
	focus  bool            // one element has the focus
	text   int             // characters in all
}

// checkBlocks refuses blocks that break a published limit and fills in what Slack fills in: ids, and
// the flags of texts.
func (s *Server) checkBlocks(blocks []Object, where surface) error {
	c := &checker{s: s, where: where, root: "/blocks", ids: map[string]bool{}}
	most := maxBlocksMessage
	if where != surfaceMessage {
		c.root, most = "/view/blocks", maxBlocksView
	}
	if len(blocks) > most {
		c.fault(c.root, "no more than %d items allowed", most)
	} else {
		for i, b := range blocks {
			c.block(fmt.Sprintf("%s/%d", c.root, i), b)
		}
	}
	if len(c.faults) == 0 && where == surfaceMessage && c.text > maxBlocksText {
		return apiErr("msg_blocks_too_long")
	}
	err := c.err()
	if err == nil && s.cfg.Witness != nil {
		s.witness("shown", Object{"blocks": blocks})
	}
	return err
}

func (c *checker) err() error {
	if len(c.faults) == 0 {
		return nil
	}
	if c.where != surfaceMessage {
		return invalid("invalid_arguments", c.faults...)
	}
	err := invalid("invalid_blocks", c.faults...).(*apiError)
	err.extra["errors"] = c.faults
	return err
}

func (c *checker) fault(at, format string, args ...any) {
	if len(c.faults) < maxFaults {
		c.faults = append(c.faults, fmt.Sprintf(format, args...)+" [json-pointer:"+at+"]")
	}
}

// fields refuses what is not among the known fields, and what is missing.
func (c *checker) fields(at string, o Object, required, optional string) {
	must, may := strings.Fields(required), strings.Fields(optional)
	for _, k := range must {
		if o[k] == nil {
			c.fault(at, "missing required field: %s", k)
		}
	}
	for k := range o {
		if k != "type" && !slices.Contains(must, k) && !slices.Contains(may, k) {
			c.fault(at, "invalid additional property: %s", k)
		}
	}
}

// str checks a string that may be missing. Its length is counted in characters.
func (c *checker) str(at string, o Object, k string, least, most int) {
	v, ok := o[k]
	if !ok || v == nil {
		return
	}
	t, ok := v.(string)
	if !ok {
		c.fault(at+"/"+k, "must provide a string")
		return
	}
	c.length(at+"/"+k, t, least, most)
}

func (c *checker) length(at, t string, least, most int) {
	switch n := utf8.RuneCountInString(t); {
	case n < least:
		c.fault(at, "must be more than %d characters", least-1)
	case n > most:
		c.fault(at, "must be less than %d characters", most+1)
	}
}

// Which kinds of text an object may be.
const (
	plainOnly = "plain_text"
	anyText   = "plain_text mrkdwn"
)

// textAt checks a text object that may be missing, and fills in its flag.
func (c *checker) textAt(at string, o Object, k, kinds string, most int) {
	v, ok := o[k]
	if !ok || v == nil {
		return
	}
	t, ok := v.(map[string]any)
	if !ok {
		c.fault(at+"/"+k, "must provide an object")
		return
	}
	c.textObject(at+"/"+k, t, kinds, most)
}

func (c *checker) textObject(at string, t Object, kinds string, most int) {
	kind := text(t, "type")
	if !slices.Contains(strings.Fields(kinds), kind) {
		c.fault(at+"/type", "must be one of the allowed types: %s", kinds)
		return
	}
	flag, start := "emoji", any(true)
	if kind == "mrkdwn" {
		flag, start = "verbatim", false
	}
	c.fields(at, t, "text", flag)
	c.str(at, t, "text", 1, most)
	if t[flag] == nil {
		t[flag] = start
	}
	c.text += utf8.RuneCountInString(text(t, "text"))
}

// items checks a list of objects.
func (c *checker) items(at string, o Object, k string, least, most int) []Object {
	v, ok := o[k]
	if !ok || v == nil {
		return nil
	}
	a, ok := v.([]any)
	if !ok {
		c.fault(at+"/"+k, "must provide an array")
		return nil
	}
	if len(a) > most {
		c.fault(at+"/"+k, "no more than %d items allowed", most)
		return nil
	}
	if len(a) < least {
		c.fault(at+"/"+k, "no fewer than %d items allowed", least)
	}
	out := make([]Object, len(a))
	for i, x := range a {
		if out[i], ok = x.(map[string]any); !ok {
			c.fault(fmt.Sprintf("%s/%s/%d", at, k, i), "must provide an object")
			out[i] = Object{}
		}
	}
	return out
}

// number checks a whole number within bounds that may be missing.
func (c *checker) number(at string, o Object, k string, least, most int) {
	v, ok := o[k]
	if !ok || v == nil {
		return
	}
	n, ok := v.(float64)
	if !ok || n != math.Trunc(n) || int(n) < least || int(n) > most {
		c.fault(at+"/"+k, "must be a number from %d to %d", least, most)
	}
}

func (c *checker) block(at string, b Object) {
	kind := text(b, "type")
	check, ok := map[string]func(string, Object){
		"section": c.section, "header": c.header, "divider": c.divider, "context": c.context, "actions": c.actions, "image": c.image,
		"input": c.input, "rich_text": c.richText, "file": c.file, "video": c.video, "markdown": c.markdown, "table": c.tableBlock,
		"context_actions": c.contextActions,
	}[kind]
	if !ok {
		c.fault(at+"/type", "unsupported type: %s", kind)
		return
	}
	if c.where != surfaceMessage && slices.Contains([]string{"file", "markdown", "table", "context_actions"}, kind) {
		c.fault(at+"/type", "unsupported type: %s", kind)
		return
	}
	c.str(at, b, "block_id", 0, 255)
	id := text(b, "block_id")
	if id == "" {
		id = c.s.id("b")
		b["block_id"] = id
	}
	if c.ids[id] {
		c.fault(at+"/block_id", "block_id must be unique: %s", id)
	}
	c.ids[id] = true
	check(at, b)
}

func (c *checker) section(at string, b Object) {
	c.fields(at, b, "", "block_id text fields accessory expand")
	if b["text"] == nil && b["fields"] == nil {
		c.fault(at, "missing required field: text")
	}
	c.textAt(at, b, "text", anyText, 3000)
	for i, f := range c.items(at, b, "fields", 1, 10) {
		c.textObject(fmt.Sprintf("%s/fields/%d", at, i), f, anyText, 2000)
	}
	c.child(at, b, "accessory", accessoryKinds)
}

func (c *checker) header(at string, b Object) {
	c.fields(at, b, "text", "block_id level")
	c.textAt(at, b, "text", plainOnly, 150)
}

func (c *checker) divider(at string, b Object) { c.fields(at, b, "", "block_id") }

func (c *checker) context(at string, b Object) {
	c.fields(at, b, "elements", "block_id")
	for i, e := range c.items(at, b, "elements", 1, 10) {
		p := fmt.Sprintf("%s/elements/%d", at, i)
		if text(e, "type") == "image" {
			c.imageElement(p, e)
			continue
		}
		c.textObject(p, e, anyText, 3000)
	}
}

func (c *checker) actions(at string, b Object) {
	c.fields(at, b, "elements", "block_id")
	c.children(at, c.items(at, b, "elements", 1, 25), actionKinds)
}

func (c *checker) contextActions(at string, b Object) {
	c.fields(at, b, "elements", "block_id")
	c.children(at, c.items(at, b, "elements", 1, 5), []string{"feedback_buttons", "icon_button"})
}

// children checks elements, whose action ids must differ within their block.
func (c *checker) children(at string, els []Object, kinds []string) {
	seen := map[string]bool{}
	for i, e := range els {
		p := fmt.Sprintf("%s/elements/%d", at, i)
		c.element(p, e, kinds)
		if id := text(e, "action_id"); seen[id] {
			c.fault(p+"/action_id", "action_id must be unique within its block: %s", id)
		}
		seen[text(e, "action_id")] = true
	}
}

func (c *checker) child(at string, b Object, k string, kinds []string) {
	v, ok := b[k]
	if !ok || v == nil {
		return
	}
	e, ok := v.(map[string]any)
	if !ok {
		c.fault(at+"/"+k, "must provide an object")
		return
	}
	c.element(at+"/"+k, e, kinds)
}

func (c *checker) image(at string, b Object) {
	c.fields(at, b, "alt_text", "block_id image_url slack_file title")
	c.textAt(at, b, "title", plainOnly, 2000)
	c.picture(at, b)
}

func (c *checker) imageElement(at string, e Object) {
	c.fields(at, e, "alt_text", "image_url slack_file")
	c.picture(at, e)
}

func (c *checker) picture(at string, o Object) {
	c.str(at, o, "alt_text", 1, 2000)
	c.str(at, o, "image_url", 1, 3000)
	if u, ok := o["image_url"].(string); ok && !strings.HasPrefix(u, "http://") && !strings.HasPrefix(u, "https://") {
		c.fault(at+"/image_url", "must be a valid URL")
	}
	if (o["image_url"] == nil) == (o["slack_file"] == nil) {
		c.fault(at, "must provide one of: image_url, slack_file")
	}
}

func (c *checker) input(at string, b Object) {
	c.fields(at, b, "label element", "block_id hint optional dispatch_action")
	c.textAt(at, b, "label", plainOnly, 2000)
	c.textAt(at, b, "hint", plainOnly, 2000)
	c.child(at, b, "element", inputKinds)
	if b["optional"] == nil {
		b["optional"] = false
	}
	if b["dispatch_action"] == nil {
		b["dispatch_action"] = false
	}
}
