package images

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	gifcode "image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
)

// A picture says in its first bytes how large it is, and one that is too large is not passed on.
func TestPixels(t *testing.T) {
	t.Parallel()
	encoded := func(encode func(*bytes.Buffer, image.Image) error) string {
		var b bytes.Buffer
		if err := encode(&b, image.NewPaletted(image.Rect(0, 0, 300, 200), color.Palette{color.Black, color.White})); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	le := func(n int, v uint64) string { b := binary.LittleEndian.AppendUint64(nil, v); return string(b[:n]) }
	pngs := encoded(func(b *bytes.Buffer, i image.Image) error { return png.Encode(b, i) })
	jpegs := encoded(func(b *bytes.Buffer, i image.Image) error { return jpeg.Encode(b, i, nil) })
	riff := func(kind, rest string) string {
		return "RIFF\x40\x00\x00\x00WEBP" + kind + "\x30\x00\x00\x00" + rest + strings.Repeat("\x00", 30)
	}
	bmp := func(h uint64) string {
		return "BM" + strings.Repeat("\x00", 16) + le(4, 300) + le(4, h) + strings.Repeat("\x00", 30)
	}
	for name, c := range map[string]struct {
		data string
		w, h int64
	}{
		"PNG":                    {pngs, 300, 200},
		"GIF":                    {encoded(func(b *bytes.Buffer, i image.Image) error { return gifcode.Encode(b, i, nil) }), 300, 200},
		"JPEG":                   {jpegs, 300, 200},
		"JPEG with a comment":    {jpegs[:2] + "\xff\xfe\x00\x06\xff\xc0ab\xff" + jpegs[2:], 300, 200},
		"BMP":                    {bmp(200), 300, 200},
		"BMP from the top":       {bmp(1<<32 - 200), 300, 200},
		"WebP":                   {riff("VP8 ", "\x00\x00\x00\x9d\x01\x2a"+le(2, 300)+le(2, 200)), 300, 200},
		"WebP without loss":      {riff("VP8L", "\x2f"+le(4, 299|199<<14)), 300, 200},
		"WebP with more":         {riff("VP8X", "\x00\x00\x00\x00"+le(3, 299)+le(3, 199)), 300, 200},
		"AVIF":                   {avif, 2, 3},
		"AVIF of several":        {avif + "\x00\x00\x00\x14ispe\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x01", 512, 3},
		"AVIF that says nothing": {avif[:28], 0, 0},
		"JPEG that ends early":   {jpegs[:30], 0, 0},
		"JPEG of something else": {"\xff\xd8\xff\xe0\x00\x04ab" + strings.Repeat("x", 40), 0, 0},
		"PNG that ends early":    {pngs[:20], 0, 0},
		"a WebP of another kind": {riff("VP9 ", strings.Repeat("\x01", 20)), 0, 0},
	} {
		kind := Raster([]byte(c.data))
		if w, h := extent(kind, []byte(c.data)); w != c.w || h != c.h || kind == "" {
			t.Errorf("%s (%s): %d by %d, want %d by %d", name, kind, w, h, c.w, c.h)
		}
		if small(kind, []byte(c.data)) != (c.w > 0) {
			t.Errorf("%s: passed on or not", name)
		}
	}
	huge := pngs[:16] + "\x00\x00\x80\x00\x00\x00\x80\x00" + pngs[24:]
	if w, h := extent("image/png", []byte(huge)); w != 32768 || h != 32768 || small("image/png", []byte(huge)) {
		t.Errorf("a PNG of %d by %d is passed on", w, h)
	}
}

func FuzzPixels(f *testing.F) {
	f.Add([]byte(gif))
	f.Add([]byte(avif))
	f.Add([]byte("\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08\x00\x10\x00\x10"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if w, h := extent(Raster(b), b); (w < 1 || h < 1) && small(Raster(b), b) {
			t.Fatal(w, h)
		}
	})
}
