package slackapp

import (
	"context"
	"strings"
	"time"
)

// A channel that two of our workspaces share by Slack Connect has one id in both, and an event of it comes for either. It
// counts to one of them, for good: the one that the configuration names it in, else the one for which an event of it came
// first. https://docs.slack.dev/apis/slack-connect

// pin says to which installation a channel counts.
type pin struct {
	key    string // "" is the home
	meant  bool   // the configuration names it there
	shared bool   // it is known to be shared: the same id of another workspace is the same channel
}

// homeKey is how the home is written where "" would be nothing.
const homeKey = "home"

// storeWait is how long an event waits to be told where its channel counts.
const storeWait = 2 * time.Second

// meant is the id of a channel that the configuration names in a workspace.
func (a *App) meant(w *workspace, bare string) string {
	if bare == "" {
		return ""
	}
	key := w.prefix()
	w.dir.mu.Lock()
	shared := w.dir.shared[bare]
	w.dir.mu.Unlock()
	a.mu.Lock()
	defer a.mu.Unlock()
	p, ok := a.shared[bare]
	shared = shared || p.shared
	switch {
	case ok && p.meant && p.key == key:
		a.shared[bare] = pin{key, true, shared}
	case ok && p.meant && shared: // it is named in both
		return JoinID(p.key, bare)
	case len(a.shared) < maxUsers:
		a.shared[bare] = pin{key, true, shared}
	}
	return JoinID(key, bare)
}

// room is the id of a channel of which an installation tells.
func (a *App) room(w *workspace, bare string, shared bool) string {
	if bare == "" || a.alone() {
		return w.id(bare)
	}
	shared = (shared || a.kin(w)) && strings.HasPrefix(bare, "C")
	key := w.prefix()
	a.mu.Lock()
	p, ok := a.shared[bare]
	there := p.key == "" && a.home != nil || a.others[p.key] != nil
	if ok && shared && !p.shared {
		p.shared = true
		a.shared[bare] = p
	}
	a.mu.Unlock()
	switch {
	case ok && there && p.shared:
		return JoinID(p.key, bare)
	case !shared:
		return JoinID(key, bare)
	}
	a.pinning.Lock()
	defer a.pinning.Unlock()
	key = a.pinned(bare, key)
	a.mu.Lock()
	defer a.mu.Unlock()
	if p, ok := a.shared[bare]; ok && p.meant {
		key = p.key
	} else if len(a.shared) < maxUsers {
		a.shared[bare] = pin{key: key, shared: true}
	}
	return JoinID(key, bare)
}

// kin says whether another workspace of the same organization has installed the app: their channels may be shared, too,
// and ids are the organization's there.
func (a *App) kin(w *workspace) bool {
	org := w.org()
	if org == "" {
		return false
	}
	for _, o := range a.workspaces() {
		if o != w && o.org() == org {
			return true
		}
	}
	return false
}

func (w *workspace) org() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.inst.Enterprise
}

// pinned is where a shared channel counts by what was kept; now it is kept that it does so in key when nothing was.
func (a *App) pinned(bare, key string) string {
	if a.cursors == nil {
		return key
	}
	ctx, cancel := context.WithTimeout(a.life, storeWait)
	defer cancel()
	name := "slackapp:shared:" + bare
	was, err := a.cursors.Cursor(ctx, name)
	if err == nil && was == "" {
		err = a.cursors.SetCursor(ctx, name, first(key, homeKey))
	}
	if err != nil {
		a.log.Warn("slack: it cannot be kept to which workspace a shared channel counts", "channel", bare, "error", err)
	}
	switch {
	case was == homeKey:
		return ""
	case isKey(was):
		return was
	}
	return key
}

// shares says whether a channel may be one that several of our workspaces share.
func (a *App) shares(channel string) bool {
	_, bare := SplitID(channel)
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.shared[bare].shared
}
