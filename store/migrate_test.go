package store

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"tierline/customer"
	"tierline/internal/peers"
	"tierline/ticket"
)

// TestContactsAreKnownAfterTheMigration begins with the tables of before: what was accepted is recognised,
// and what continues it finds it.
func TestContactsAreKnownAfterTheMigration(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]func(*testing.T) Config{
		"sqlite":   func(t *testing.T) Config { return Config{Data: t.TempDir()} },
		"postgres": func(t *testing.T) Config { return Config{DSN: peers.Postgres(t)} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := cfg(t)
			from := customer.Identity{Kind: customer.Email, Value: "ann@corp.example"}
			in := ticket.Inbound{Channel: "email", Inbox: "support", External: "<1@x>~hash", From: from,
				Threads: []ticket.ThreadKey{{By: "references", Key: "<1@x>"}}}
			long := ticket.Inbound{Channel: "chat", Inbox: "", External: "ö>", From: from, Alone: "spam"}
			ctx := t.Context()
			first := accepted(ctx, t, cfg, in, long)
			back(ctx, t, cfg, 5)
			again := in
			again.Inbox = "sales"
			answer := ticket.Inbound{Channel: "email", Inbox: "support", External: "<2@x>", From: from,
				Threads: []ticket.ThreadKey{{By: "references", Key: "<1@x>"}}}
			got := accepted(ctx, t, cfg, in, long, again, answer)
			if !got[0].Duplicate || got[0].Ticket != first[0].Ticket || !got[1].Duplicate || !got[1].Suppressed {
				t.Errorf("what was accepted is not known: %+v", got[:2])
			}
			if got[2].Duplicate || got[2].Ticket != first[0].Ticket || got[3].Ticket != first[0].Ticket {
				t.Errorf("another inbox, and an answer: %+v", got[2:])
			}
		})
	}
}

// TestAttachmentsAreKnownAfterTheMigration: a quarantined mail that was passed on before is not removed after.
func TestAttachmentsAreKnownAfterTheMigration(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]func(*testing.T) Config{
		"sqlite":   func(t *testing.T) Config { return Config{Data: t.TempDir()} },
		"postgres": func(t *testing.T) Config { return Config{DSN: peers.Postgres(t)} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := cfg(t)
			sum := strings.Repeat("ab", 32)
			with := ticket.Inbound{Channel: "email", Inbox: "support", External: "<1@x>",
				From:        customer.Identity{Kind: customer.Email, Value: "ann@corp.example"},
				Attachments: []ticket.Attachment{{Name: "odd.eml", SHA256: sum}, {Name: "again.eml", SHA256: sum}}}
			without := with
			without.External, without.Attachments = "<2@x>", nil
			ctx := t.Context()
			accepted(ctx, t, cfg, with, without)
			back(ctx, t, cfg, 12)
			s, err := Open(ctx, cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			for blob, want := range map[string]string{sum: "[]", strings.Repeat("cd", 32): "[" + strings.Repeat("cd", 32) + "]"} {
				err := s.Quarantine(ctx, ticket.Quarantined{Channel: "email", Inbox: "support", External: blob, Reason: "empty", Blob: blob,
					Mail: &ticket.MailSeen{Source: "email:imap:x", Raw: ticket.MailSource{Blob: blob}}})
				if err != nil {
					t.Fatal(err)
				}
				list, err := s.Mails(ctx, ticket.MailFilter{Outcome: ticket.MailQuarantined})
				if err == nil {
					_, err = s.Settle(ctx, list[0].ID, ticket.Accepted{}, ticket.Gateway)
				}
				if err != nil {
					t.Fatal(err)
				}
				_, blobs, err := s.ForgetMails(ctx, time.Now().Add(time.Hour), 10)
				if err != nil || fmt.Sprint(blobs) != want {
					t.Errorf("removed are %v, %v; want %s", blobs, err, want)
				}
			}
		})
	}
}

func accepted(ctx context.Context, t *testing.T, cfg Config, batch ...ticket.Inbound) []ticket.Accepted {
	t.Helper()
	s, err := Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	out, err := s.Accept(ctx, batch)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// back takes migrations back.
func back(ctx context.Context, t *testing.T, cfg Config, to int64) {
	t.Helper()
	d, err := open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	p, err := provider(cfg, d.pool())
	if err == nil {
		_, err = p.DownTo(ctx, to)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestKeyHash: what is written with one mail lies together, and half a hash tells nothing apart.
func TestKeyHash(t *testing.T) {
	t.Parallel()
	id, same, own := keyHash("<1@x>"), keyHash("<1@x> same"), keyHash("<1@x>~0123")
	if id>>32 != same>>32 || id>>32 != own>>32 || id == same || id == own || same == own {
		t.Errorf("%x %x %x", id, same, own)
	}
	if other := keyHash("<2@x>"); other>>32 == id>>32 {
		t.Error("another mail's are not elsewhere")
	}
	for _, key := range []string{"", "session", "<", ">", "<1@x>"} {
		if h := uint64(keyHash(key)); h>>32 == h&0xffffffff {
			t.Errorf("%q has but half a hash: %x", key, h)
		}
	}
}
