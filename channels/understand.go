package channels

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"github.com/nyaruka/phonenumbers"

	"tierline/config/check"
	"tierline/customer"
	"tierline/ticket"
)

// UnderstandConfig says what to look for in every contact, whatever its channel.
type UnderstandConfig struct {
	// Languages are those that customers write in; others are not guessed. Default en, de, fr.
	Languages []string `yaml:"languages"`
	// Serials are regular expressions (RE2) of serial numbers, such as "SN-\\d{6}".
	Serials []string `yaml:"serials"`
	// Orders are regular expressions (RE2) of order numbers, such as "\\bA-\\d{8}\\b"; with a group, the number
	// is what is in the last one: "(?i)order no\\.? (\\d{6,})".
	Orders []string `yaml:"orders"`
	// Country is of whom telephone numbers in their national form are (ISO 3166, "DE"). Without it only
	// international ones, "+49 …", are found.
	Country string `yaml:"country"`
}

// Languages are all that can be recognised, in the order of their names.
func Languages() []string {
	var codes []string
	for _, t := range tongues {
		codes = append(codes, t.code)
	}
	slices.Sort(codes)
	return codes
}

// Check reports what is wrong.
func (c UnderstandConfig) Check(at check.At) {
	for i, l := range c.Languages {
		if !slices.Contains(Languages(), l) {
			at.Key("languages").Index(i).Error("one of en de fr es it nl pl pt sv da", "%.20q cannot be recognised", l)
		}
	}
	for key, patterns := range map[string][]string{"serials": c.Serials, "orders": c.Orders} {
		for i, s := range patterns {
			if _, err := regexp.Compile(s); err != nil {
				at.Key(key).Index(i).Error("see https://golang.org/s/re2syntax", "no regular expression: %v", err)
			}
		}
	}
	if c.Country != "" && phonenumbers.GetCountryCodeForRegion(c.Country) == 0 {
		at.Key("country").Error("two capital letters of ISO 3166, such as DE", "%.20q is no country with telephone numbers", c.Country)
	}
}

// Limits of what is looked at, so that a huge mail costs no more than a long one.
const (
	maxLook  = 20_000 // bytes
	maxUnits = 20
)

type understanding struct {
	Intake
	guesser
	finder
	serials []*regexp.Regexp
}

// Understand wraps an intake: what comes in gets its language, the serial numbers, telephone numbers and
// orders that it names, where the channel has not found them itself.
func Understand(in Intake, c UnderstandConfig) (Intake, error) {
	if len(c.Languages) == 0 {
		c.Languages = []string{"en", "de", "fr"}
	}
	u := understanding{Intake: in, guesser: newGuesser(c.Languages), finder: finder{country: c.Country}}
	var err error
	if u.serials, err = compileAll(c.Serials); err == nil {
		u.orders, err = compileAll(c.Orders)
	}
	return u, err
}

func compileAll(patterns []string) (list []*regexp.Regexp, err error) {
	for _, s := range patterns {
		re, err := regexp.Compile(s)
		if err != nil {
			return nil, fmt.Errorf("channels: pattern: %w", err)
		}
		list = append(list, re)
	}
	return list, nil
}

func (u understanding) Accept(ctx context.Context, batch []ticket.Inbound) ([]ticket.Accepted, error) {
	batch = slices.Clone(batch)
	for i := range batch {
		in := &batch[i]
		text := in.Subject + "\n" + in.Text
		if len(text) > maxLook {
			text = text[:maxLook]
		}
		if in.Language == "" {
			in.Language = u.guess(text)
		}
		in.Units = append(slices.Clone(in.Units), u.units(text)...)
		if len(in.References) == 0 { // what is folded is a signature then, not a quoted one of ours
			text += "\n" + in.Folded[:min(len(in.Folded), maxLook)]
		}
		in.Found = append(slices.Clone(in.Found), u.find(text)...)
	}
	return u.Intake.Accept(ctx, batch)
}

func (u understanding) units(text string) []string {
	var found []string
	for _, re := range u.serials {
		for _, s := range re.FindAllString(text, maxUnits) {
			if n := customer.NormalSerial(s); !slices.Contains(found, n) && len(found) < maxUnits {
				found = append(found, n)
			}
		}
	}
	return found
}
