package router

import (
	"cmp"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"

	"tierline/bots"
	"tierline/config/check"
	"tierline/ticket"
)

// Supplier is whom cases are given to outside the house (practice: suppliers).
type Supplier struct {
	Name     string       `yaml:"name"`     // short, as rules name it
	Title    string       `yaml:"title"`    // as people read it
	For      string       `yaml:"for"`      // what it is called for
	Contract string       `yaml:"contract"` // number
	Phone    string       `yaml:"phone"`    //
	Email    string       `yaml:"email"`    //
	Hours    ticket.Hours `yaml:"hours"`    // when it works, in its own zone; default: always
	// Reference is the form of its case numbers, a regular expression for all of one; Example is one.
	Reference string `yaml:"reference"`
	Example   string `yaml:"example"`
	// Lead is how much of its open time it takes: then its clock has run out. 0 has no clock, but for an expected
	// date.
	Lead time.Duration `yaml:"lead"`
	// Pauses are the clocks that stand still while it has a case: resolution and at_tier when nothing is said,
	// none with [].
	Pauses *[]ticket.ClockKind `yaml:"pauses"`
}

// pausable are clocks that may stand still.
var pausable = []ticket.ClockKind{ticket.ClockResolution, ticket.ClockTier}

// runOn are the clocks that do not stand still.
func (s Supplier) runOn() (list []ticket.ClockKind) {
	for _, k := range pausable {
		if s.Pauses != nil && !slices.Contains(*s.Pauses, k) {
			list = append(list, k)
		}
	}
	return list
}

const maxSuppliers = 1_000

func (c Config) checkSuppliers(at check.At) {
	if len(c.Suppliers) > maxSuppliers {
		at.Error("", "%d suppliers; at most %d", len(c.Suppliers), maxSuppliers)
		return
	}
	names := map[string]bool{}
	for i, s := range c.Suppliers {
		at := at.Index(i)
		if s.Name == "" || names[s.Name] {
			at.Key("name").Error("a short name, each once", "%.60q cannot be the name of a supplier", s.Name)
		}
		names[s.Name] = true
		if s.Phone == "" && s.Email == "" {
			at.Warn("phone: or email:", "nobody can see how supplier %.60q is reached", s.Name)
		}
		if s.Email != "" {
			if a, err := mail.ParseAddress(s.Email); err != nil || a.Address != s.Email {
				at.Key("email").Error("help@supplier.example", "%.80q is no mail address", s.Email)
			}
		}
		if err := s.Hours.Check(); err != nil {
			at.Key("hours").Error("week: {mon: \"09:00-17:30\"}", "%v", err)
		}
		if s.Lead < 0 {
			at.Key("lead").Error("a duration of its open time such as 40h", "time does not run backwards")
		}
		re, err := s.form()
		if err != nil {
			at.Key("reference").Error(`a regular expression such as RMA-\d{6}`, "%v", err)
		} else if s.Example != "" && !re.MatchString(s.Example) {
			at.Key("example").Error("", "%.80q is not of the form %.80q", s.Example, s.Reference)
		}
		if s.Pauses != nil {
			for i, k := range *s.Pauses {
				if !slices.Contains(pausable, k) {
					at.Key("pauses").Index(i).Error("resolution, at_tier", "%.40q does not stand still", string(k))
				}
			}
		}
	}
}

func (s Supplier) form() (*regexp.Regexp, error) {
	return regexp.Compile("^(?:" + cmp.Or(s.Reference, ".*") + ")$")
}

func (s Supplier) title() string { return cmp.Or(s.Title, s.Name) }

func (c Config) supplier(name string) *Supplier {
	if i := slices.IndexFunc(c.Suppliers, func(s Supplier) bool { return s.Name == name }); i >= 0 {
		return &c.Suppliers[i]
	}
	return nil
}

func (c Config) supplierNames() (names []string) {
	for _, s := range c.Suppliers {
		names = append(names, s.Name)
	}
	return names
}

// fits says what is wrong with giving a case to a supplier in this way.
func (c Config) fits(a ticket.Supply) error {
	s := c.supplier(a.Supplier)
	if s == nil {
		return ticket.Errorf("router.supplier", ticket.Invalid, "There is no supplier %.60q: %s.", a.Supplier, mean(a.Supplier, c.supplierNames()))
	}
	ref := strings.TrimSpace(a.Reference)
	if re, err := s.form(); err != nil || ref == "" || re.MatchString(ref) {
		return nil
	}
	like := s.Reference
	if s.Example != "" {
		like = s.Example
	}
	return ticket.Errorf("router.supplier", ticket.Invalid, "%.60q is no reference of %s; one looks like %s.", ref, s.title(), like)
}

// supplied is the supplier that a case is with, as a card shows it; nil when it is with none.
func (d *Desk) supplied(t ticket.Ticket) *bots.Supplier {
	with := t.With()
	if with == nil {
		return nil
	}
	s := d.Config().supplier(with.Supplier)
	if s == nil { // no longer configured
		return &bots.Supplier{Name: with.Supplier, Title: with.Supplier, Open: true}
	}
	v := s.view(d.Now())
	return &v
}

func (s Supplier) view(now time.Time) bots.Supplier {
	v := bots.Supplier{Name: s.Name, Title: s.title(), For: s.For, Contract: s.Contract, Phone: s.Phone, Email: s.Email, Example: s.Example, Open: true}
	if cal, err := s.Hours.Calendar(); err == nil {
		if v.Open = cal.Open(now); !v.Open {
			v.Opens = cal.Next(now)
		}
	}
	return v
}

// Suppliers lists those that there are.
func (d *Desk) Suppliers() (list []bots.Supplier) {
	for _, s := range d.Config().Suppliers {
		list = append(list, s.view(d.Now()))
	}
	return list
}

// supplierTarget is what a supplier's clock allows, and in which time.
func (p *policy) supplierTarget(t *ticket.Ticket, g *ticket.Targets) {
	with := t.With()
	if with == nil {
		return
	}
	s := p.suppliers[with.Supplier]
	g.Supplier, g.Supplies, g.RunOn = s.lead, s.hours, s.runOn
	if !with.Expected.IsZero() { // a date that they have named counts, whatever their hours
		g.Supplier, g.Supplies = max(time.Minute, with.Expected.Sub(with.Since)), ticket.Calendar{}
	}
}

type supplierPolicy struct {
	lead  time.Duration
	hours ticket.Calendar
	runOn []ticket.ClockKind
}

func (p *policy) addSuppliers(list []Supplier) error {
	p.suppliers = map[string]supplierPolicy{}
	for _, s := range list {
		cal, err := s.Hours.Calendar()
		if err != nil {
			return fmt.Errorf("router: supplier %q: %w", s.Name, err)
		}
		p.suppliers[s.Name] = supplierPolicy{s.Lead, cal, s.runOn()}
	}
	return nil
}
