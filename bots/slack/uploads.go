package slackdesk

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"tierline/internal/slackapp"
	"tierline/ticket"
)

// Files that somebody puts into a form. https://docs.slack.dev/reference/block-kit/block-elements/file-input-element
const (
	maxUploads = 10
	uploadWait = 1500 * time.Millisecond // a submission is to be acknowledged within 3 s
	maxTaken   = 200                     // files that are remembered until their form is sent
)

// taken are files that are taken over already, by their ids in Slack: a form that was sent too early is sent again.
type taken struct {
	mu   sync.Mutex
	list map[string]ticket.Attachment
}

func (t *taken) get(id string) (ticket.Attachment, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a, ok := t.list[id]
	return a, ok
}

func (t *taken) put(id string, a ticket.Attachment) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.list == nil || len(t.list) >= maxTaken {
		t.list = map[string]ticket.Attachment{}
	}
	t.list[id] = a
}

// uploads takes over the files of a form. Those that take long are fetched on: the form says to send it again.
func (k *Desk) uploads(ctx context.Context, v slack.View) (list []ticket.Attachment, err error) {
	files, err := uploaded(v, "files")
	if err != nil || len(files) == 0 || k.blob == nil {
		return nil, err
	}
	done := make(chan error, 1)
	k.after("cannot take over files", func(ctx context.Context) error {
		err := k.fetchUploads(ctx, files)
		done <- err
		return err
	})
	t := time.NewTimer(uploadWait)
	defer t.Stop()
	select {
	case err = <-done:
	case <-ctx.Done():
	case <-t.C:
	}
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		a, ok := k.taken.get(f.ID)
		if !ok {
			return nil, ticket.Errorf("slackdesk.uploads", ticket.Invalid, "The files are still on their way here. Nothing was sent: send it again in a moment.")
		}
		list = append(list, a)
	}
	return list, nil
}

func (k *Desk) fetchUploads(ctx context.Context, files []slackapp.File) error {
	for _, f := range files {
		if _, ok := k.taken.get(f.ID); ok {
			continue
		}
		list, warnings, err := k.app.Fetch(ctx, k.blob, []slackapp.File{f})
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return ticket.Errorf("slackdesk.uploads", ticket.Invalid, "%s.", strings.Join(warnings, "; "))
		}
		k.taken.put(f.ID, list[0])
	}
	return nil
}

// uploaded are the files of an input.
func uploaded(v slack.View, id string) (files []slackapp.File, err error) {
	if v.State == nil {
		return nil, nil
	}
	for _, a := range v.State.Values[id] {
		b, err := json.Marshal(a.Files)
		if err == nil {
			err = json.Unmarshal(b, &files)
		}
		if err != nil {
			return nil, ticket.E("slackdesk.uploads", ticket.Invalid, err)
		}
	}
	return files, nil
}
