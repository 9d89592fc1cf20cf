package email

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func BenchmarkParse(b *testing.B) {
	var mails [][]byte
	var size int64
	files, err := filepath.Glob("testdata/mails/*.eml")
	if err != nil || len(files) == 0 {
		b.Fatal(err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			b.Fatal(err)
		}
		mails, size = append(mails, raw), size+int64(len(raw))
	}
	b.SetBytes(size / int64(len(mails)))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, err := Parse(mails[i%len(mails)]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// BenchmarkTrim is of mails as most are: short, without history; and of a reply to a long one.
func BenchmarkTrim(b *testing.B) {
	small := "Hello,\n\nthe pump that we bought from you in March leaks since Monday, and it is loud when it starts.\n" +
		"Its serial number is TL-20394. Can you send somebody this week? We are at home from 9:00 to 12:00.\n\nKind regards\nJane Doe\n"
	reply := "Thanks, that works.\n\nOn Mon, 3 Apr 2023 at 10:12, Jane Doe <jane@shop.example> wrote:\n" +
		strings.Repeat("> Please turn the pump off and on again, and tell me whether it helps.\n>\n", 20)
	for name, text := range map[string]string{"small": small, "reply": reply} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				_, _, _ = view{text: text}.read()
			}
		})
	}
}
