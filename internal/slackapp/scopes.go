package slackapp

// Scopes are those of the bot token that the calls of this program need: no more, no fewer.
// docs/slack-manifest.yaml gives the reason for each.
func Scopes() []string {
	return []string{
		"channels:history", "channels:read", "channels:write.invites", "chat:write", "chat:write.customize", "commands", "dnd:read", "files:read", "files:write",
		"groups:history", "groups:read", "groups:write.invites", "im:history", "im:write", "links:read", "links:write", "metadata.message:read",
		"reactions:read", "reactions:write", "team:read", "usergroups:read", "users:read", "users:read.email",
	}
}

// Events are the bot events that the program listens to.
func Events() []string {
	return []string{
		"app_home_opened", "app_uninstalled", "channel_archive", "channel_deleted", "channel_left", "channel_rename", "channel_unarchive", "dnd_updated_user",
		"group_archive", "group_deleted", "group_left", "group_rename", "group_unarchive",
		"link_shared", "member_joined_channel", "message.channels", "message.groups", "subteam_created", "subteam_members_changed", "subteam_updated",
		"reaction_added", "reaction_removed", "tokens_revoked", "user_change",
	}
}
