package customer

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Patch changes what is stored of a customer. What is nil stays; an attribute of nil goes.
type Patch struct {
	Name       *string            `json:"name,omitempty"`
	Language   *string            `json:"language,omitempty"` // BCP 47, the primary subtag
	Attributes map[string]*string `json:"attributes,omitempty"`
}

// OrganizationPatch changes what is stored of an organization, likewise.
type OrganizationPatch struct {
	Name       *string            `json:"name,omitempty"`
	Plan       *string            `json:"plan,omitempty"`
	Attributes map[string]*string `json:"attributes,omitempty"`
}

// Record is a customer as another system knows them. They are found by one of their identities, their organization
// by a domain, and both are made where they are not there yet.
type Record struct {
	Identities   []Identity
	Patch        Patch
	Organization OrganizationPatch
	Domains      []string // of the organization; without any, that of a mail address which is its own
}

// Limits of attributes.
const (
	MaxAttributes     = 100 // of one customer or organization
	MaxAttributeValue = 500 // bytes
	maxName           = 200 // runes
	maxLanguage       = 35  // bytes
)

// attributeName is a name that rules can write as attributes.region.
var attributeName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,59}$`)

// Apply makes the change.
func (p Patch) Apply(c Customer) (Customer, error) {
	if err := setText(&c.Name, p.Name, maxName, "name"); err != nil {
		return c, err
	}
	if err := setText(&c.Language, p.Language, maxLanguage, "language"); err != nil {
		return c, err
	}
	var err error
	c.Attributes, err = setAttributes(c.Attributes, p.Attributes)
	return c, err
}

// Apply makes the change.
func (p OrganizationPatch) Apply(o Organization) (Organization, error) {
	if err := setText(&o.Name, p.Name, maxName, "name"); err != nil {
		return o, err
	}
	if err := setText(&o.Plan, p.Plan, maxName, "plan"); err != nil {
		return o, err
	}
	var err error
	o.Attributes, err = setAttributes(o.Attributes, p.Attributes)
	return o, err
}

// Empty says that it changes nothing.
func (p OrganizationPatch) Empty() bool {
	return p.Name == nil && p.Plan == nil && len(p.Attributes) == 0
}

func setText(field, to *string, most int, what string) error {
	if to == nil {
		return nil
	}
	s := strings.TrimSpace(*to)
	if len([]rune(s)) > most {
		return fmt.Errorf("the %s is longer than %d characters", what, most)
	}
	*field = s
	return nil
}

func setAttributes(list map[string]string, change map[string]*string) (map[string]string, error) {
	if len(change) == 0 {
		return list, nil
	}
	if list = maps.Clone(list); list == nil {
		list = map[string]string{}
	}
	for _, name := range slices.Sorted(maps.Keys(change)) {
		v := change[name]
		switch {
		case !attributeName.MatchString(name):
			return nil, fmt.Errorf("%.60q is no name of an attribute: small letters, digits and _, a letter first", name)
		case v == nil:
			delete(list, name)
		case len(*v) > MaxAttributeValue:
			return nil, fmt.Errorf("attribute %s has %d bytes; at most %d", name, len(*v), MaxAttributeValue)
		default:
			list[name] = strings.TrimSpace(*v)
		}
	}
	if len(list) > MaxAttributes {
		return nil, fmt.Errorf("%d attributes; at most %d", len(list), MaxAttributes)
	}
	if len(list) == 0 {
		return nil, nil
	}
	return list, nil
}
