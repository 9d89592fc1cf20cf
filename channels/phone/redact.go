package phone

import (
	"regexp"
	"strings"
)

// cardLike finds 13 to 19 digits, in groups as people write them; a plus sign before makes it a
// telephone number.
var cardLike = regexp.MustCompile(`\+?\b\d(?:[ .-]?\d){12,18}\b`)

const cardRemoved = "[card number removed]"

// redactCards takes out what can be a payment card's number: a first digit that issuers have
// (ISO/IEC 7812: 2 to 6) and a right check digit.
func redactCards(s string) (string, int) {
	n := 0
	s = cardLike.ReplaceAllStringFunc(s, func(found string) string {
		digits := strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, found)
		if found[0] == '+' || digits[0] < '2' || digits[0] > '6' || !luhn(digits) {
			return found
		}
		n++
		return cardRemoved
	})
	return s, n
}

// luhn is the check of ISO/IEC 7812-1, annex B.
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
