package web

import (
	"net/http"

	"github.com/gofiber/fiber/v2"
)

// route is one line of the table. Nothing else is reachable but what [Mount]s register.
type route struct {
	method, path string
	who          access
	do           fiber.Handler
	doc          *operation // of the API
	mounted      bool
}

func (s *Server) routes() []route {
	return append(s.apiRoutes(), []route{
		{method: http.MethodGet, path: "/", who: open(), do: s.root},
		{method: http.MethodGet, path: "/healthz", who: open(), do: s.healthz},
		{method: http.MethodGet, path: "/readyz", who: open(), do: s.readyz},
		{method: http.MethodGet, path: "/metrics", who: s.metricsAccess(), do: s.serveMetrics},
		{method: http.MethodGet, path: "/assets/:name", who: open(), do: s.asset},

		{method: http.MethodGet, path: "/help", who: open(), do: s.helpList},
		{method: http.MethodGet, path: "/help/:id", who: open(), do: s.helpArticle},

		{method: http.MethodGet, path: "/page/:token", who: open(), do: s.answerShow},
		{method: http.MethodPost, path: "/page/:token", who: open(), do: s.answerAct},
		{method: http.MethodPost, path: "/page/:token/reply", who: open(), do: s.answerReply},

		{method: http.MethodGet, path: "/slack/install", who: open(), do: s.slackBegin},
		{method: http.MethodGet, path: "/slack/oauth", who: open(), do: s.slackBack},

		{method: http.MethodGet, path: "/console/login", who: open(), do: s.loginForm},
		{method: http.MethodPost, path: "/console/login", who: open(), do: s.login},
		{method: http.MethodPost, path: "/console/logout", who: staff(), do: s.logout},
		{method: http.MethodGet, path: "/console", who: staff(), do: s.overview},
		{method: http.MethodGet, path: "/console/tickets", who: staff(), do: s.ticketList},
		{method: http.MethodGet, path: "/console/tickets/:id", who: staff(), do: s.ticketPage},
		{method: http.MethodPost, path: "/console/tickets/:id", who: staff(), do: s.ticketAct},
		{method: http.MethodGet, path: "/console/tickets/:id/live", who: staff(), do: s.ticketLive},
		{method: http.MethodGet, path: "/console/tickets/:id/messages/:seq/text", who: staff(), do: s.messageText},
		{method: http.MethodGet, path: "/console/tickets/:id/messages/:seq/html", who: staff(), do: s.messageHTML},
		{method: http.MethodPost, path: "/console/tickets/:id/messages/:seq/html", who: staff(), do: s.messageImages},
		{method: http.MethodGet, path: "/console/tickets/:id/messages/:seq/image", who: staff(), do: s.messageImage},
		{method: http.MethodGet, path: "/console/tickets/:id/messages/:seq/files/:n", who: staff(), do: s.attachment},
		{method: http.MethodGet, path: "/console/incidents", who: staff(), do: s.incidentList},
		{method: http.MethodGet, path: "/console/incidents/:id", who: staff(), do: s.incidentPage},
		{method: http.MethodPost, path: "/console/incidents/:id", who: staff(), do: s.incidentAct},
		{method: http.MethodGet, path: "/console/jobs", who: staff(), do: s.jobList},
		{method: http.MethodGet, path: "/console/jobs/:id/drop", who: staff(mayOperate()...), do: s.jobAsk},
		{method: http.MethodPost, path: "/console/jobs/:id/drop", who: staff(mayOperate()...), do: s.jobDrop},
		{method: http.MethodPost, path: "/console/jobs/:id/retry", who: staff(mayOperate()...), do: s.jobRetry},
		{method: http.MethodGet, path: "/console/quarantine", who: staff(), do: s.quarantineList},
		{method: http.MethodGet, path: "/console/quarantine/:id", who: staff(), do: s.quarantinePage},
		{method: http.MethodGet, path: "/console/quarantine/:id/raw", who: staff(), do: s.quarantineRaw},
		{method: http.MethodGet, path: "/console/mail", who: staff(), do: s.mailList},
		{method: http.MethodGet, path: "/console/mail/:id", who: staff(), do: s.mailPage},
		{method: http.MethodGet, path: "/console/mail/:id/html", who: staff(), do: s.mailHTML},
		{method: http.MethodGet, path: "/console/mail/:id/source", who: staff(), do: s.mailSource},
		{method: http.MethodPost, path: "/console/mail/:id/release", who: staff(mayOperate()...), do: s.mailRelease},
		{method: http.MethodPost, path: "/console/mail/:id/discard", who: staff(mayOperate()...), do: s.mailDiscard},
		{method: http.MethodGet, path: "/console/customers", who: staff(), do: s.customerList},
		{method: http.MethodGet, path: "/console/customers/:id", who: staff(), do: s.customerPage},
		{method: http.MethodGet, path: "/console/customers/:id/merge", who: staff(mayMerge()...), do: s.mergeAsk},
		{method: http.MethodPost, path: "/console/customers/:id/merge", who: staff(mayMerge()...), do: s.customerMerge},
		{method: http.MethodGet, path: "/console/customers/:id/unmerge", who: staff(mayMerge()...), do: s.unmergeAsk},
		{method: http.MethodPost, path: "/console/customers/:id/unmerge", who: staff(mayMerge()...), do: s.customerUnmerge},
		{method: http.MethodGet, path: "/console/blocks", who: staff(mayBlock()...), do: s.blockList},
		{method: http.MethodPost, path: "/console/blocks", who: staff(mayBlock()...), do: s.blockAdd},
		{method: http.MethodPost, path: "/console/blocks/remove", who: staff(mayBlock()...), do: s.blockRemove},
		{method: http.MethodGet, path: "/console/slack", who: staff(mayOperate()...), do: s.slackConsole},
		{method: http.MethodGet, path: "/console/slack/:key/remove", who: staff(mayInstall()...), do: s.slackRemoveAsk},
		{method: http.MethodPost, path: "/console/slack/:key/remove", who: staff(mayInstall()...), do: s.slackRemove},
		{method: http.MethodGet, path: "/console/articles", who: staff(), do: s.articleList},
		{method: http.MethodGet, path: "/console/articles/new", who: staff(mayEdit()...), do: s.articleNew},
		{method: http.MethodPost, path: "/console/articles/new", who: staff(mayEdit()...), do: s.articleCreate},
		{method: http.MethodGet, path: "/console/articles/:id", who: staff(), do: s.articlePage},
		{method: http.MethodGet, path: "/console/articles/:id/edit", who: staff(mayEdit()...), do: s.articleEdit},
		{method: http.MethodPost, path: "/console/articles/:id/edit", who: staff(mayEdit()...), do: s.articleSave},
		{method: http.MethodPost, path: "/console/articles/:id/archive", who: staff(mayEdit()...), do: s.articleArchive},
		{method: http.MethodGet, path: "/console/team", who: staff(), do: s.teamPage},
		{method: http.MethodPost, path: "/console/team/:agent", who: staff(), do: s.teamPresence},
		{method: http.MethodGet, path: "/console/care", who: staff(), do: s.reportPage},
		{method: http.MethodGet, path: "/console/suppliers", who: staff(), do: s.suppliersPage},
		{method: http.MethodGet, path: "/console/pages", who: staff(), do: s.pageReportPage},
		{method: http.MethodGet, path: "/console/oncall", who: staff(), do: s.onCallPage},
		{method: http.MethodPost, path: "/console/oncall/changes", who: staff(), do: s.onCallBegin},
		{method: http.MethodPost, path: "/console/oncall/changes/:id", who: staff(), do: s.onCallAnswer},
		{method: http.MethodPost, path: "/console/oncall/feeds", who: staff(), do: s.feedMake},
		{method: http.MethodPost, path: "/console/oncall/feeds/:id/revoke", who: staff(), do: s.feedRevoke},
		{method: http.MethodGet, path: "/oncall/feeds/:name", who: open(), do: s.serveFeed},
	}...)
}

func (s *Server) metricsAccess() access {
	if s.cfg.OpenMetrics {
		return open()
	}
	return key(MetricsRead)
}

func (s *Server) root(c *fiber.Ctx) error { return c.Redirect("/help", http.StatusFound) }
