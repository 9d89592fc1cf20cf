// Package customer holds the people and things that support is about: customers with their many
// identities, the organizations they belong to and the units (serial numbers) they own.
//
// It is the innermost package: standard library only. Values are validated and normalised at the
// edge by [Identity.Normal]; everything behind it compares normalised values with ==.
package customer

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// ID identifies a customer within one store. Zero is "not known".
type ID int64

// OrganizationID identifies an organization within one store. Zero is "none".
type OrganizationID int64

// IdentityKind says what an identity's value means.
type IdentityKind string

// The identities by which a customer is recognised.
const (
	Email IdentityKind = "email" // RFC 5321 mailbox, compared in lower case
	Phone IdentityKind = "phone" // E.164, with its plus sign
	Slack IdentityKind = "slack" // TEAM/USER, Slack's own ids
	Chat  IdentityKind = "chat"  // the random id that the widget gave a visitor
)

// MaxIdentity is the longest identity value that is kept, in bytes (RFC 5321 §4.5.3.1.3 allows 254
// for a path; ids of other systems are shorter).
const MaxIdentity = 320

// Identity is one way in which a customer is known. Two normalised identities with the same Kind
// and Value are the same person; Name is what that person called themself this time.
type Identity struct {
	Kind  IdentityKind `json:"kind"`
	Value string       `json:"value"`
	Name  string       `json:"name,omitempty"`
}

// Key is the comparable form of an identity: "kind:value".
func (i Identity) Key() string { return string(i.Kind) + ":" + i.Value }

// IsZero says that nobody is named.
func (i Identity) IsZero() bool { return i.Value == "" }

// Normal returns the identity in the form in which it is stored and compared. It fails when the
// value cannot be one of its kind.
func (i Identity) Normal() (Identity, error) {
	v := strings.TrimSpace(i.Value)
	i.Name = strings.TrimSpace(i.Name)
	if v == "" || len(v) > MaxIdentity || !utf8.ValidString(v) {
		return i, fmt.Errorf("customer: identity of kind %q is empty, too long or not UTF-8", i.Kind)
	}
	switch i.Kind {
	case Email:
		at := strings.LastIndexByte(v, '@')
		if at <= 0 || at == len(v)-1 || strings.ContainsAny(v, " \t\r\n<>") {
			return i, fmt.Errorf("customer: %q is no mail address", v)
		}
		v = strings.ToLower(v)
	case Phone:
		if !strings.HasPrefix(v, "+") {
			return i, fmt.Errorf("customer: %q is no E.164 number", v)
		}
		for _, r := range v[1:] {
			if r < '0' || r > '9' {
				return i, fmt.Errorf("customer: %q is no E.164 number", v)
			}
		}
		if len(v) < 4 || len(v) > 16 { // ITU-T E.164: at most 15 digits
			return i, fmt.Errorf("customer: %q is no E.164 number", v)
		}
	case Slack, Chat:
	default:
		return i, errors.New("customer: unknown identity kind " + string(i.Kind))
	}
	i.Value = v
	return i, nil
}

// Domain is the part of a mail address behind the at sign, or "".
func (i Identity) Domain() string {
	if i.Kind != Email {
		return ""
	}
	return i.Value[strings.LastIndexByte(i.Value, '@')+1:]
}

// Customer is a person who asks for help.
type Customer struct {
	ID           ID                `json:"id"`
	Name         string            `json:"name"`
	Organization OrganizationID    `json:"organization,omitempty"`
	Language     string            `json:"language,omitempty"` // BCP 47, the primary subtag
	Identities   []Identity        `json:"identities"`
	Attributes   map[string]string `json:"attributes,omitempty"`
	Created      time.Time         `json:"created"`
	AliasOf      ID                `json:"alias_of,omitempty"` // who they are, when two records turned out to be one person
	Aliases      []ID              `json:"aliases,omitempty"`  // records that count as this one
	// Undeliverable are mail addresses to which nothing can be delivered, by Identity.Value.
	Undeliverable map[string]Undeliverable `json:"undeliverable,omitempty"`
	Abuse         []AbuseStep              `json:"abuse,omitempty"` // what was done about it, in order
}

// Undeliverable says why an address is marked. A new mail from there takes the mark away.
type Undeliverable struct {
	Since  time.Time `json:"since"`
	Reason string    `json:"reason"` // what the other server said
}

// Organization groups customers, by the domains of their mail addresses.
type Organization struct {
	ID      OrganizationID `json:"id"`
	Name    string         `json:"name"`
	Domains []string       `json:"domains,omitempty"`
	Plan    string         `json:"plan,omitempty"`
	// Attributes hold for all who belong to it, but for what is stored of themselves.
	Attributes map[string]string `json:"attributes,omitempty"`
}

// Unit is one thing that was sold, known by its serial number.
type Unit struct {
	Serial        string         `json:"serial"`
	Model         string         `json:"model,omitempty"`
	Customer      ID             `json:"customer,omitempty"`     // who owns it now
	Organization  OrganizationID `json:"organization,omitempty"` // or which organization does
	WarrantyUntil time.Time      `json:"warranty_until,omitzero"`
}

// NormalSerial is the form in which serial numbers are stored and compared: upper case, no blanks.
func NormalSerial(s string) string {
	return strings.ToUpper(strings.Join(strings.Fields(s), ""))
}

// freemail are domains whose users do not belong to one organization.
var freemail = map[string]bool{
	"gmail.com": true, "googlemail.com": true, "outlook.com": true, "hotmail.com": true, "live.com": true,
	"yahoo.com": true, "yahoo.de": true, "yahoo.fr": true, "icloud.com": true, "me.com": true, "mac.com": true,
	"gmx.de": true, "gmx.net": true, "gmx.at": true, "gmx.ch": true, "web.de": true, "t-online.de": true,
	"freenet.de": true, "orange.fr": true, "wanadoo.fr": true, "free.fr": true, "laposte.net": true, "sfr.fr": true,
	"proton.me": true, "protonmail.com": true, "aol.com": true, "mail.com": true, "bluewin.ch": true,
}

// SharedDomain says that a mail domain is used by people of no common organization.
func SharedDomain(domain string) bool { return freemail[strings.ToLower(domain)] }
