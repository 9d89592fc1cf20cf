package slackapp

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/slack-go/slack"

	"tierline/ticket"
)

// fit makes the ids within a text those that a workspace knows: mentions of people elsewhere become their names.
func (w *workspace) fit(ctx context.Context, text string) string {
	return splitMentions(w.prefix(), text, func(id string) string {
		u, err := w.app.User(ctx, id)
		if err != nil {
			return ""
		}
		return u.Name
	})
}

// alone says that there is no other workspace, so that no id needs to be made fit.
func (a *App) alone() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.home != nil && len(a.others) == 0
}

// fitBlocks makes the ids within blocks those that a workspace knows: in texts, and of people that are chosen.
func (w *workspace) fitBlocks(ctx context.Context, blocks []slack.Block) ([]slack.Block, error) {
	if len(blocks) == 0 || w.app.alone() {
		return blocks, nil
	}
	raw, err := json.Marshal(slack.Blocks{BlockSet: blocks})
	if err != nil {
		return nil, ticket.E("slack.blocks", ticket.Invalid, err)
	}
	if !bytes.Contains(raw, []byte(`\u003c@`)) && !bytes.Contains(raw, []byte(`\u003c#`)) && !bytes.Contains(raw, []byte(`"initial_`)) {
		return blocks, nil
	}
	var all any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&all); err != nil {
		return nil, ticket.E("slack.blocks", ticket.Internal, err)
	}
	if raw, err = json.Marshal(w.fitValue(ctx, "", all)); err != nil {
		return nil, ticket.E("slack.blocks", ticket.Internal, err)
	}
	var fit slack.Blocks
	if err := json.Unmarshal(raw, &fit); err != nil {
		return nil, ticket.E("slack.blocks", ticket.Internal, err)
	}
	return fit.BlockSet, nil
}

func (w *workspace) fitView(ctx context.Context, v *slack.ModalViewRequest) (err error) {
	v.Blocks.BlockSet, err = w.fitBlocks(ctx, v.Blocks.BlockSet)
	return err
}

// fitValue makes one value of a block fit, which stands under a key.
func (w *workspace) fitValue(ctx context.Context, key string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			if got := w.fitValue(ctx, k, inner); got != nil {
				v[k] = got
			} else if inner != nil {
				delete(v, k)
			}
		}
	case []any:
		kept := v[:0]
		for _, inner := range v {
			if got := w.fitValue(ctx, key, inner); got != nil {
				kept = append(kept, got)
			}
		}
		return kept
	case string:
		switch key {
		case "text":
			return w.fit(ctx, v)
		case "initial_user", "initial_users", "initial_channel", "initial_channels", "initial_conversation", "initial_conversations":
			if k, bare := SplitID(v); k == w.prefix() {
				return bare
			}
			return nil // who is not there cannot be chosen
		}
	}
	return v
}
