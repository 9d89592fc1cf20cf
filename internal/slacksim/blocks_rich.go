package slacksim

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

func (c *checker) richText(at string, b Object) {
	c.fields(at, b, "elements", "block_id")
	for i, e := range c.items(at, b, "elements", 1, 1000) {
		p := fmt.Sprintf("%s/elements/%d", at, i)
		switch kind := text(e, "type"); kind {
		case "rich_text_section", "rich_text_preformatted", "rich_text_quote":
			c.fields(p, e, "elements", "border language")
			c.richInline(p, e)
		case "rich_text_list":
			c.fields(p, e, "elements style", "indent offset border")
			if !slices.Contains([]string{"bullet", "ordered"}, text(e, "style")) {
				c.fault(p+"/style", "must be one of: bullet ordered")
			}
			for j, x := range c.items(p, e, "elements", 1, 1000) {
				c.richInline(fmt.Sprintf("%s/elements/%d", p, j), x)
			}
		default:
			c.fault(p+"/type", "unsupported type: %s", kind)
		}
	}
}

func (c *checker) richInline(at string, e Object) {
	needs := map[string]string{"text": "text", "link": "url", "user": "user_id", "channel": "channel_id", "usergroup": "usergroup_id",
		"emoji": "name", "broadcast": "range", "color": "value", "date": "timestamp", "team": "team_id"}
	for i, x := range c.items(at, e, "elements", 0, 4000) {
		p := fmt.Sprintf("%s/elements/%d", at, i)
		need, ok := needs[text(x, "type")]
		if !ok {
			c.fault(p+"/type", "unsupported type: %s", text(x, "type"))
			continue
		}
		if x[need] == nil {
			c.fault(p, "missing required field: %s", need)
		}
		if need == "text" && text(x, "text") == "" {
			c.fault(p+"/text", "must be more than 0 characters")
		}
		c.text += utf8.RuneCountInString(text(x, "text"))
	}
}

func (c *checker) file(at string, b Object) {
	c.fields(at, b, "external_id source", "block_id")
	if text(b, "source") != "remote" {
		c.fault(at+"/source", "must be one of: remote")
	}
}

func (c *checker) video(at string, b Object) {
	c.fields(at, b, "alt_text title thumbnail_url video_url", "block_id author_name description provider_icon_url provider_name title_url")
	c.textAt(at, b, "title", plainOnly, 200)
	c.textAt(at, b, "description", plainOnly, 200)
	c.str(at, b, "author_name", 0, 50)
	c.str(at, b, "alt_text", 1, 2000)
	if !strings.HasPrefix(text(b, "video_url"), "https://") {
		c.fault(at+"/video_url", "must be a valid URL")
	}
}

func (c *checker) markdown(at string, b Object) {
	c.fields(at, b, "text", "block_id")
	c.str(at, b, "text", 1, 12000)
	c.text += utf8.RuneCountInString(text(b, "text"))
}

func (c *checker) tableBlock(at string, b Object) {
	c.fields(at, b, "rows", "block_id column_settings")
	rows, ok := b["rows"].([]any)
	if !ok || len(rows) == 0 || len(rows) > 100 {
		c.fault(at+"/rows", "no more than 100 items allowed")
		return
	}
	for i, r := range rows {
		cells, ok := r.([]any)
		if !ok || len(cells) == 0 || len(cells) > 20 {
			c.fault(fmt.Sprintf("%s/rows/%d", at, i), "no more than 20 items allowed")
		}
	}
}

// checkAttachments checks the blocks of secondary attachments.
func (s *Server) checkAttachments(all []Object) error {
	for i, a := range all {
		if a["blocks"] == nil {
			continue
		}
		c := &checker{s: s, where: surfaceMessage, ids: map[string]bool{}}
		at := fmt.Sprintf("/attachments/%d", i)
		for j, b := range c.items(at, a, "blocks", 0, maxBlocksMessage) {
			c.block(fmt.Sprintf("%s/blocks/%d", at, j), b)
		}
		if err := c.err(); err != nil {
			return err
		}
	}
	return nil
}
