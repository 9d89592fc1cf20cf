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
