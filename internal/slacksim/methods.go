package slacksim

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// table holds every method with its scopes and its rate limit tier
// (https://docs.slack.dev/reference/methods).
func (s *Server) table() map[string]method {
	read := []string{"channels:read", "groups:read", "im:read", "mpim:read"}
	history := []string{"channels:history", "groups:history", "im:history", "mpim:history"}
	manage := []string{"channels:manage", "groups:write", "im:write", "mpim:write"}
	write := []string{"chat:write"}
	one := func(scope string) []string { return []string{scope} }
	return map[string]method{
		"api.test":              {open: true, json: true, tier: 4, do: (*call).apiTest},
		"auth.test":             {json: true, do: (*call).authTest},
		"auth.revoke":           {json: true, tier: 3, do: (*call).authRevoke},
		"apps.uninstall":        {json: true, tier: 1, do: (*call).appsUninstall},
		"oauth.v2.access":       {open: true, do: (*call).oauthAccess},
		"auth.teams.list":       {json: true, tier: 2, do: (*call).authTeamsList},
		"apps.connections.open": {app: true, json: true, tier: 3, do: s.apiConnectionsOpen},

		"chat.postMessage":   {json: true, scopes: write, do: (*call).chatPostMessage},
		"chat.update":        {json: true, scopes: write, tier: 3, do: (*call).chatUpdate},
		"chat.delete":        {json: true, scopes: write, tier: 3, do: (*call).chatDelete},
		"chat.postEphemeral": {json: true, scopes: write, tier: 4, do: (*call).chatPostEphemeral},
		"chat.getPermalink":  {do: (*call).chatGetPermalink},
		"chat.unfurl":        {json: true, scopes: one("links:write"), tier: 3, do: (*call).chatUnfurl},

		"conversations.list":    {scopes: read, tier: 2, do: (*call).conversationsList},
		"conversations.info":    {scopes: read, tier: 3, do: (*call).conversationsInfo},
		"conversations.history": {json: true, scopes: history, tier: 3, do: (*call).conversationsHistory},
		"conversations.replies": {scopes: history, tier: 3, do: (*call).conversationsReplies},
		"conversations.members": {scopes: read, tier: 4, do: (*call).conversationsMembers},
		"conversations.open":    {json: true, scopes: []string{"im:write", "mpim:write", "channels:manage", "groups:write"}, tier: 3, do: (*call).conversationsOpen},
		"conversations.join":    {json: true, scopes: one("channels:join"), tier: 3, do: (*call).conversationsJoin},
		"conversations.create":  {json: true, scopes: manage, tier: 2, do: (*call).conversationsCreate},
		"conversations.archive": {json: true, scopes: manage, tier: 2, do: (*call).conversationsArchive},
		"conversations.invite":  {json: true, scopes: append([]string{"channels:write.invites", "groups:write.invites"}, manage...), tier: 3, do: (*call).conversationsInvite},
		"conversations.mark":    {json: true, scopes: manage, tier: 3, do: (*call).conversationsMark},

		"users.list":            {scopes: one("users:read"), tier: 2, do: (*call).usersList},
		"users.info":            {scopes: one("users:read"), tier: 4, do: (*call).usersInfo},
		"users.lookupByEmail":   {scopes: one("users:read.email"), tier: 3, do: (*call).usersLookupByEmail},
		"users.getPresence":     {scopes: one("users:read"), tier: 3, do: (*call).usersGetPresence},
		"users.setPresence":     {json: true, scopes: one("users:write"), tier: 2, do: (*call).usersSetPresence},
		"users.conversations":   {scopes: read, tier: 3, do: (*call).usersConversations},
		"dnd.teamInfo":          {scopes: one("dnd:read"), tier: 2, do: (*call).dndTeamInfo},
		"usergroups.list":       {scopes: one("usergroups:read"), tier: 2, do: (*call).usergroupsList},
		"usergroups.users.list": {scopes: one("usergroups:read"), tier: 2, do: (*call).usergroupsUsersList},

		"views.open":    {json: true, tier: 4, do: (*call).viewsOpen},
		"views.push":    {json: true, tier: 4, do: (*call).viewsPush},
		"views.update":  {json: true, tier: 4, do: (*call).viewsUpdate},
		"views.publish": {json: true, tier: 4, do: (*call).viewsPublish},

		"files.getUploadURLExternal":   {scopes: one("files:write"), tier: 4, do: (*call).filesGetUploadURL},
		"files.completeUploadExternal": {json: true, scopes: one("files:write"), tier: 4, do: (*call).filesComplete},
		"files.info":                   {scopes: one("files:read"), tier: 4, do: (*call).filesInfo},

		"reactions.add":    {json: true, scopes: one("reactions:write"), tier: 3, do: (*call).reactionsAdd},
		"reactions.remove": {json: true, scopes: one("reactions:write"), tier: 2, do: (*call).reactionsRemove},
		"reactions.get":    {scopes: one("reactions:read"), tier: 3, do: (*call).reactionsGet},
		"pins.add":         {json: true, scopes: one("pins:write"), tier: 2, do: (*call).pinsAdd},
		"pins.remove":      {json: true, scopes: one("pins:write"), tier: 2, do: (*call).pinsRemove},
		"pins.list":        {scopes: one("pins:read"), tier: 2, do: (*call).pinsList},
		"bookmarks.add":    {json: true, scopes: one("bookmarks:write"), tier: 2, do: (*call).bookmarksAdd},
		"bookmarks.list":   {json: true, scopes: one("bookmarks:read"), tier: 3, do: (*call).bookmarksList},

		"team.info": {scopes: one("team:read"), tier: 3, do: (*call).teamInfo},
		"bots.info": {scopes: one("users:read"), tier: 3, do: (*call).botsInfo},
	}
}

func makeCursor(n int) string {
	return base64.StdEncoding.EncodeToString([]byte("next:" + strconv.Itoa(n)))
}

func openCursor(c string) (int, bool) {
	b, err := base64.StdEncoding.DecodeString(c)
	if err != nil {
		return 0, false
	}
	t, ok := strings.CutPrefix(string(b), "next:")
	n, err := strconv.Atoi(t)
	return n, ok && err == nil && n >= 0
}

func (c *call) apiTest() (Object, error) {
	if e := c.str("error"); e != "" {
		return nil, apiErr(e)
	}
	return Object{"args": c.args}, nil
}

func (c *call) authTest() (Object, error) {
	s, a := c.s, c.s.cfg.App
	t := s.cfg.Team
	out := Object{"url": s.base + "/", "team": t.Name, "user": s.users[a.BotUserID].Name, "team_id": t.ID,
		"user_id": a.BotUserID, "bot_id": a.BotID, "is_enterprise_install": t.OrgWide}
	if t.Enterprise != "" {
		out["enterprise_id"] = t.Enterprise
	}
	if t.OrgWide {
		out["team_id"] = t.Enterprise
	}
	return out, nil
}

func (c *call) teamInfo() (Object, error) {
	t := c.s.cfg.Team
	if id := c.str("team"); id != "" && id != t.ID {
		name, ok := c.s.cfg.Partners[id]
		for _, o := range c.s.all() {
			if o.cfg.Team.ID == id {
				name, ok = o.cfg.Team.Name, true
			}
		}
		if !ok {
			return nil, apiErr("team_not_found")
		}
		t = Team{ID: id, Name: name}
	}
	return Object{"team": Object{"id": t.ID, "name": t.Name, "domain": t.Domain, "url": c.s.base + "/", "email_domain": "",
		"icon": Object{"image_default": true, "image_34": c.s.base + "/sim/icon.png"}, "is_verified": false}}, nil
}

func (c *call) botsInfo() (Object, error) {
	a := c.s.cfg.App
	if c.str("bot") != a.BotID {
		return nil, apiErr("bot_not_found")
	}
	return Object{"bot": Object{"id": a.BotID, "deleted": false, "name": a.Name, "updated": c.s.started.Unix(), "app_id": a.ID,
		"user_id": a.BotUserID, "icons": c.s.icons()}}, nil
}
