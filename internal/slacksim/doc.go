// Package slacksim is a Slack workspace on a local port: the Web API, Socket Mode, signed HTTP events,
// and people who write and click, for tests and for the demo.
//
// What happens when things fail: it refuses what Slack refuses, with Slack's own error codes, so that
// an app that works here has met them. It also fails on demand ([Server.Inject]): calls that break
// off, answers that are lost after the work was done, events that come twice, late or never, floods of
// 429, cut connections, revoked tokens. A person's click that the app does not acknowledge within
// three seconds gives [ErrNoAnswer], and Slack's words on the screen. Everything is kept in memory and
// is gone with the process. It knows no passwords, so it listens on the loopback only.
//
// An app connects with [Server.APIURL] and the tokens of [Server.App]. A test acts as people with Say,
// Click, Choose, Submit, Slash, Shortcut, React and OpenHome, reads with Messages, Replies, View and
// Home, and waits with [Server.WaitFor].
//
// There may be several workspaces ([Config.Workspaces]) in which the one app is installed, in an organization or not,
// and Slack Connect channels between them: each is a [Server] of its own ([Server.Workspace]) at the same address and
// the same sockets, and the token of a call tells them apart.
//
// What it leaves out: the OAuth flow and user tokens, scheduled messages, search, canvases, lists, workflows, assistants and streaming.
package slacksim
