package phone

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// e164 is a number in its international form. National numbers are of the region.
func e164(s, region string) (string, error) {
	s = strings.TrimSpace(s)
	for _, scheme := range []string{"tel:", "sips:", "sip:"} {
		if rest, ok := strings.CutPrefix(strings.ToLower(s), scheme); ok {
			s, _, _ = strings.Cut(rest, "@")
			s, _, _ = strings.Cut(s, ";")
			break
		}
	}
	if len(s) > 40 {
		return "", errors.New("too long for a telephone number")
	}
	n, err := phonenumbers.Parse(s, region)
	if err != nil {
		return "", err
	}
	if !phonenumbers.IsPossibleNumber(n) {
		return "", errors.New("no possible telephone number")
	}
	return phonenumbers.Format(n, phonenumbers.E164), nil
}

func knownRegion(region string) bool {
	return phonenumbers.GetCountryCodeForRegion(region) != 0
}

// anonymous are the ways in which telephone systems say that a number is withheld (RFC 3323 §4.1.1.3
// and what is seen in practice; +266696687 spells it on a keypad).
func anonymous(s string) bool {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "", "anonymous", "restricted", "withheld", "private", "unavailable", "unknown", "+266696687":
		return true
	}
	return strings.HasPrefix(strings.ToLower(s), "sip:anonymous@")
}

// reserved is a country code that ITU-T E.164 gives to nobody. A caller without a number is one
// person a call, and this makes their identity.
const reserved = "+999"

func withheldNumber(call string) string {
	sum := sha256.Sum256([]byte(call))
	return fmt.Sprintf("%s%012d", reserved, binary.BigEndian.Uint64(sum[:])%1_000_000_000_000)
}

func withheld(number string) bool { return strings.HasPrefix(number, reserved) }
