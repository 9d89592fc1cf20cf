package email

import (
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// maxDetect is by how much of a text its charset is told, in bytes.
const maxDetect = 16 << 10

// detect tells the charset of a text without a usable label and that is not UTF-8. The scripts of
// East Asia and Cyrillic have their high bytes in rows, Western languages have them one by one; what
// is not clear is Windows-1252, in which nothing is lost.
func detect(b []byte) encoding.Encoding {
	b = b[:min(len(b), maxDetect)]
	high, inRows := 0, 0
	var at [256]int
	for i, c := range b {
		if c < 0x80 {
			continue
		}
		high++
		at[c]++
		if i > 0 && b[i-1] >= 0x80 || i+1 < len(b) && b[i+1] >= 0x80 {
			inRows++
		}
	}
	for _, e := range []encoding.Encoding{japanese.ShiftJIS, japanese.EUCJP} {
		if high >= 4 && isJapanese(e, b) { // kana are sure, also where every second byte is a letter
			return e
		}
	}
	if high < 4 || inRows*10 < high*7 {
		return charmap.Windows1252
	}
	pairs := func(from, to byte, lowTrail bool) bool { // nearly all pairs begin with a common row
		return commonPairs(b, from, to, lowTrail)
	}
	switch {
	case pairs(0xb0, 0xc8, false): // Hangul
		return korean.EUCKR
	case pairs(0xb0, 0xd7, false): // GB 2312, first level
		return simplifiedchinese.GB18030
	case pairs(0xa4, 0xc6, true): // Big5, first level
		return traditionalchinese.Big5
	}
	koi, win := 0, 0 // where the small letters are
	for c := 0xc0; c <= 0xff; c++ {
		if c < 0xe0 {
			koi += at[c]
		} else {
			win += at[c]
		}
	}
	switch {
	case high < 6 || (koi+win)*10 < high*8 || inRows*10 < high*9:
		return charmap.Windows1252
	case win > koi:
		return charmap.Windows1251
	}
	return charmap.KOI8R
}

// isJapanese says that a text can be read in e, and then has kana in it: no Japanese text is without.
func isJapanese(e encoding.Encoding, b []byte) bool {
	out, err := e.NewDecoder().Bytes(b)
	s := string(out)
	if bad := strings.Count(s, "\uFFFD"); err != nil || bad > 1 {
		return false
	}
	kana, all := 0, 0
	for _, r := range s {
		if r < 0x80 {
			continue
		}
		all++
		if r >= 0x3041 && r <= 0x30fc {
			kana++
		}
		if r >= 0xff61 && r <= 0xff9f || r >= 0xe000 && r <= 0xf8ff { // half-width kana, private use: not this charset
			all += 5
		}
	}
	return kana >= 2 && kana*5 >= all
}

// commonPairs says that nine in ten of the pairs of a text begin within from and to, punctuation
// (rows A1 to A3) aside, and that nothing stands alone.
func commonPairs(b []byte, from, to byte, lowTrail bool) bool {
	common, rare := 0, 0
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c < 0x80 {
			continue
		}
		if i+1 == len(b) {
			break
		}
		trail := b[i+1]
		ok := trail >= 0xa1 && trail != 0xff || lowTrail && trail >= 0x40 && trail <= 0x7e
		switch {
		case ok && c >= from && c <= to:
			common++
		case ok && c >= 0xa1 && c <= 0xa3:
		default:
			rare++
		}
		i++
	}
	return common >= 2 && common >= 9*rare
}
