package email

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"
)

// FuzzHashWords holds the words of a text, as they are hashed, to those of package bytes: another hash
// would let every mail in twice that is read again by a newer version.
func FuzzHashWords(f *testing.F) {
	long := strings.Repeat("a", 5000)
	for _, s := range []string{"", " ", "a", "a b", "\ta\r\n\v\fb ", "a\u00a0b\u0085c\u2003d", "\xff a\xc2", long + " " + long, strings.Repeat("ab ", 3000), strings.Repeat("é\n", 2050)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var want []byte
		for word := range bytes.FieldsSeq(data) {
			want = append(append(want, word...), ' ')
		}
		h := sha256.New()
		hashWords(h, data)
		if sum := sha256.Sum256(want); !bytes.Equal(h.Sum(nil), sum[:]) {
			t.Errorf("the words of %.80q are hashed as others", data)
		}
	})
}
