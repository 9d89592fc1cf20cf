package channels

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/abadojack/whatlanggo"

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

var langs = map[string]whatlanggo.Lang{
	"en": whatlanggo.Eng, "de": whatlanggo.Deu, "fr": whatlanggo.Fra, "es": whatlanggo.Spa, "it": whatlanggo.Ita,
	"nl": whatlanggo.Nld, "pl": whatlanggo.Pol, "pt": whatlanggo.Por, "sv": whatlanggo.Swe, "da": whatlanggo.Dan,
}

// Languages are all that can be recognised, in the order of their names.
func Languages() []string { return slices.Sorted(maps.Keys(langs)) }

// Check reports what is wrong.
func (c UnderstandConfig) Check(at check.At) {
	for i, l := range c.Languages {
		if _, ok := langs[l]; !ok {
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
	maxGuess = 600 // bytes from which the language is guessed: more cost time and change nothing
	minSure  = 0.8 // whatlanggo's confidence below which no language is named
	minRunes = 12  // a text shorter than this is not guessed from
)

type understanding struct {
	Intake
	opts    whatlanggo.Options
	serials []*regexp.Regexp
}

// Understand wraps an intake: what comes in gets its language and the serial numbers that it names,
// where the channel has not found them itself.
func Understand(in Intake, c UnderstandConfig) (Intake, error) {
	if len(c.Languages) == 0 {
		c.Languages = []string{"en", "de", "fr"}
	}
	u := understanding{Intake: in, opts: whatlanggo.Options{Whitelist: map[whatlanggo.Lang]bool{}}}
	for _, l := range c.Languages {
		u.opts.Whitelist[langs[l]] = true
	}
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
			in.Language = u.language(text)
		}
		in.Units = append(slices.Clone(in.Units), u.units(text)...)
	}
	return u.Intake.Accept(ctx, batch)
}

func (u understanding) language(text string) string {
	if len(text) > maxGuess {
		text = strings.ToValidUTF8(text[:maxGuess], "")
	}
	if len([]rune(text)) < minRunes {
		return ""
	}
	info := whatlanggo.DetectWithOptions(text, u.opts)
	if info.Confidence < minSure {
		return ""
	}
	return info.Lang.Iso6391()
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
