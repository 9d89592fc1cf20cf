// Package demoworld is the world around the gateway in "tierline demo": a web shop with the chat
// widget, customers' mailboxes, a telephone, and a start page that leads through them. It exists for
// the demo and for tests only; nothing of it belongs before the internet.
//
// What happens when things fail: what the gateway refuses (a mail, a call) is shown to the person at
// the page with the gateway's own words, and nothing is tried again. Mails live in memory: a bounded
// number, the oldest go first, and none outlives the process.
package demoworld

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/emersion/go-smtp"
	"golang.org/x/sync/errgroup"
)

// Links are the places of the gateway and of what belongs to it.
type Links struct {
	GatewayURL string // of the gateway's HTTP server, without a slash at the end
	APIKey     string // may post calls; never leaves this process
	SMTPAddr   string // host:port of the gateway's SMTP listener
	SlackURL   string // of the workspace
	ConsoleURL string // of the gateway's console
}

// Customer is one person whose mailbox can be opened.
type Customer struct {
	Name     string `json:"name"`
	Email    string `json:"email"`
	Language string `json:"language"` // de, en or fr
	Phone    string `json:"phone,omitempty"`
	About    string `json:"about,omitempty"` // a few words on who this is
}

// Config says where the world listens and whom it is about. The zero value listens on free ports.
type Config struct {
	Listen     string // of the pages; default 127.0.0.1:0
	MailListen string // of the SMTP server that takes the gateway's mails; default 127.0.0.1:0
	Links
	SupportAddress string     // where customers write; default support@bruehwerk.example
	Customers      []Customer // default: four samples
	Log            *slog.Logger
	Now            func() time.Time
}

// World is the running demo world.
type World struct {
	cfg   Config
	pages net.Listener
	smtp  net.Listener
	boxes *boxes
	http  *http.Client
}

// New takes the ports, so that [World.URL] and [World.MailAddr] are known; nothing is served before
// [World.Run].
func New(c Config) (*World, error) {
	c.defaults()
	pages, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("demoworld: pages: %w", err)
	}
	mails, err := net.Listen("tcp", c.MailListen)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("demoworld: mail: %w", err), pages.Close())
	}
	return &World{cfg: c, pages: pages, smtp: mails, boxes: newBoxes(), http: &http.Client{Timeout: gatewayTime}}, nil
}

func (c *Config) defaults() {
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	if c.MailListen == "" {
		c.MailListen = "127.0.0.1:0"
	}
	if c.SupportAddress == "" {
		c.SupportAddress = "support@bruehwerk.example"
	}
	if len(c.Customers) == 0 {
		c.Customers = sampleCustomers
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
}

// Connect says where the gateway is, when that was not known at [New]. Call it before Run.
func (w *World) Connect(l Links) { w.cfg.Links = l }

// URL is the address of the start page, without a slash at the end.
func (w *World) URL() string { return "http://" + w.pages.Addr().String() }

// MailAddr is the host:port to which the gateway sends its mails.
func (w *World) MailAddr() string { return w.smtp.Addr().String() }

// Limits of both servers.
const (
	gatewayTime = 15 * time.Second // to wait for the gateway
	headerTime  = 10 * time.Second
	mailTime    = 30 * time.Second
	maxMail     = 5 << 20 // bytes of one mail
	maxRcpt     = 20
	maxLine     = 64 << 10
)

// Run serves pages and mail until ctx ends. It is called once.
func (w *World) Run(ctx context.Context) error {
	web := &http.Server{Handler: w.handler(), ReadHeaderTimeout: headerTime, ReadTimeout: mailTime, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx }} // live streams end with ctx
	mail := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &delivery{w: w}, nil }))
	mail.Domain, mail.MaxMessageBytes, mail.MaxRecipients, mail.MaxLineLength = "mailbox.example", maxMail, maxRcpt, maxLine
	mail.ReadTimeout, mail.WriteTimeout, mail.EnableSMTPUTF8 = mailTime, mailTime, true
	mail.ErrorLog = slog.NewLogLogger(w.cfg.Log.Handler(), slog.LevelDebug)

	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := web.Serve(w.pages); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("demoworld: pages: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		if err := mail.Serve(w.smtp); !errors.Is(err, smtp.ErrServerClosed) && gctx.Err() == nil {
			return fmt.Errorf("demoworld: mail: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		<-gctx.Done()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		if web.Shutdown(stop) != nil {
			_ = web.Close() // a slow reader is cut off
		}
		_ = mail.Close()
		return nil
	})
	return g.Wait()
}
