package channels

import (
	"context"
	"fmt"
	"regexp"
	"slices"

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
	for i, s := range c.Serials {
		if _, err := regexp.Compile(s); err != nil {
			at.Key("serials").Index(i).Error("see https://golang.org/s/re2syntax", "no regular expression: %v", err)
		}
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
	serials []*regexp.Regexp
}

// Understand wraps an intake: what comes in gets its language and the serial numbers that it names,
// where the channel has not found them itself.
func Understand(in Intake, c UnderstandConfig) (Intake, error) {
	if len(c.Languages) == 0 {
		c.Languages = []string{"en", "de", "fr"}
	}
	u := understanding{Intake: in, guesser: newGuesser(c.Languages)}
	for _, s := range c.Serials {
		re, err := regexp.Compile(s)
		if err != nil {
			return nil, fmt.Errorf("channels: serial pattern: %w", err)
		}
		u.serials = append(u.serials, re)
	}
	return u, nil
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
