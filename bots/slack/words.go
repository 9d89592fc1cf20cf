package slackdesk

import (
	"fmt"

	"tierline/ticket"
)

func stateName(s ticket.State) string {
	switch s {
	case ticket.New:
		return ":new: new"
	case ticket.Open:
		return "open"
	case ticket.Pending:
		return "waits for the customer"
	case ticket.OnHold:
		return "on hold"
	case ticket.Solved:
		return ":white_check_mark: solved"
	case ticket.Closed:
		return "closed"
	}
	return esc(string(s), 30)
}

func signalName(kind string) string {
	switch kind {
	case "anger":
		return ":rage: *angry*"
	case "urgency":
		return ":fast_forward: *in a hurry*"
	case "level2":
		return ":arrow_up: *asks for level 2*"
	case "manager":
		return ":bust_in_silhouette: *asks for a manager*"
	case "complaint":
		return ":scroll: *complains about a policy*"
	case "abuse":
		return ":no_entry_sign: *abusive*"
	case "callback":
		return ":telephone_receiver: *wants to be called*"
	case "safety":
		return ":fire: *somebody may be hurt*"
	case "privacy":
		return ":lock: *data protection*"
	case "many":
		return ":busts_in_silhouette: *many are affected*"
	}
	return esc(kind, 40)
}

func priority(p ticket.Priority) string {
	switch p {
	case ticket.Urgent:
		return ":red_circle: urgent"
	case ticket.High:
		return ":large_orange_circle: high"
	case ticket.Low:
		return "low"
	}
	return "normal"
}

func channelName(s string) string {
	switch s {
	case "email":
		return "e-mail"
	case "chat", "phone":
		return s
	case "slack":
		return "Slack"
	}
	return esc(s, 40)
}

func language(code string) string {
	switch code {
	case "en":
		return "English"
	case "de":
		return "German"
	case "fr":
		return "French"
	case "es":
		return "Spanish"
	case "it":
		return "Italian"
	case "nl":
		return "Dutch"
	case "pl":
		return "Polish"
	case "pt":
		return "Portuguese"
	case "sv":
		return "Swedish"
	case "da":
		return "Danish"
	}
	return esc(code, 35)
}

func size(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}
