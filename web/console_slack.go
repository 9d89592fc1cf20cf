package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// workspaceKey says whether something can be the key of an installation.
func workspaceKey(key string) bool {
	return len(key) > 1 && len(key) <= 40 && strings.Trim(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

type slackConsolePage struct {
	page
	Items    []SlackWorkspace
	Findings []SlackFinding
	Bad      int // of the findings
	Offered  bool
	May      bool // install and remove
	Fault    string
}

// slackConsole shows where the app is installed, and what stands in the way.
func (s *Server) slackConsole(c *fiber.Ctx) error {
	p := slackConsolePage{page: s.page(c, "Slack", "slack"), May: callerOf(c).agent.Is(mayInstall()...)}
	if s.d.Slack == nil {
		p.Fault = "Slack is not configured."
		return s.render(c, "slack", p)
	}
	p.Offered = s.d.Slack.Offered()
	var err error
	if p.Items, err = s.d.Slack.List(c.UserContext()); err != nil {
		return err
	}
	p.Findings = s.d.Slack.Channels(c.UserContext())
	slices.SortStableFunc(p.Findings, func(a, b SlackFinding) int {
		switch {
		case a.Good == b.Good:
			return 0
		case b.Good:
			return -1
		}
		return 1
	})
	for _, f := range p.Findings {
		if !f.Good {
			p.Bad++
		}
	}
	return s.render(c, "slack", p)
}

type slackRemovePage struct {
	page
	W SlackWorkspace
}

// slackWorkspace is the one of the address.
func (s *Server) slackWorkspace(c *fiber.Ctx) (SlackWorkspace, error) {
	key := c.Params("key")
	if s.d.Slack == nil || !workspaceKey(key) {
		return SlackWorkspace{}, notFound("There is no such workspace.")
	}
	list, err := s.d.Slack.List(c.UserContext())
	if err != nil {
		return SlackWorkspace{}, err
	}
	i := slices.IndexFunc(list, func(w SlackWorkspace) bool { return w.Key == key && !w.Config })
	if i < 0 {
		return SlackWorkspace{}, notFound("There is no such workspace, or its token is in the configuration.")
	}
	return list[i], nil
}

// slackRemoveAsk tells what happens before it does.
func (s *Server) slackRemoveAsk(c *fiber.Ctx) error {
	w, err := s.slackWorkspace(c)
	if err != nil {
		return err
	}
	return s.render(c, "slack_remove", slackRemovePage{s.page(c, "Remove the Slack app", "slack"), w})
}

func (s *Server) slackRemove(c *fiber.Ctx) error {
	w, err := s.slackWorkspace(c)
	if err != nil {
		return err
	}
	by := callerOf(c)
	if err := s.d.Slack.Remove(c.UserContext(), w.Key, by.actor()); err != nil {
		return err
	}
	s.log.Info("slack: the app was removed", "request", requestID(c), "workspace", w.Key, "by", by.name())
	return c.Redirect("/console/slack?done=unslacked", http.StatusSeeOther)
}
