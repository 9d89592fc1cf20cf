package images

import (
	"bytes"
	"encoding/binary"
)

// maxPixels is the most points that a picture may have. A few kilobytes can say that they are of a picture
// of gigabytes, which the program that shows it makes room for.
const maxPixels = 50 << 20

// small says that a picture says of itself that it has no more points than may be. One that does not say how
// many it has is none that a program shows.
func small(kind string, b []byte) bool {
	w, h := extent(kind, b)
	return w > 0 && h > 0 && w <= maxPixels && h <= maxPixels && w*h <= maxPixels
}

// extent is the width and height of a picture; 0 when it does not say.
func extent(kind string, b []byte) (w, h int64) {
	le16 := func(i int) int64 { return int64(binary.LittleEndian.Uint16(b[i:])) }
	le24 := func(i int) int64 { return le16(i) | int64(b[i+2])<<16 }
	be32 := func(i int) int64 { return int64(binary.BigEndian.Uint32(b[i:])) }
	switch {
	case kind == "image/jpeg":
		return jpegExtent(b)
	case kind == "image/avif":
		return avifExtent(b)
	case kind == "image/x-icon":
		return 256, 256 // its size is in one byte each
	case kind == "image/gif" && len(b) >= 10: // GIF89a §18
		return le16(6), le16(8)
	case len(b) < 30:
	case kind == "image/png": // ISO/IEC 15948 §11.2.2: IHDR comes first
		return be32(16), be32(20)
	case kind == "image/bmp": // the height is negative when lines go down
		h = int64(int32(binary.LittleEndian.Uint32(b[22:])))
		return int64(int32(binary.LittleEndian.Uint32(b[18:]))), max(h, -h)
	case kind == "image/webp": // RFC 9649 §2.5 to §2.7
		switch string(b[12:16]) {
		case "VP8 ":
			return le16(26) & 0x3fff, le16(28) & 0x3fff
		case "VP8L":
			bits := int64(binary.LittleEndian.Uint32(b[21:]))
			return bits&0x3fff + 1, bits>>14&0x3fff + 1
		case "VP8X":
			return le24(24) + 1, le24(27) + 1
		}
	}
	return 0, 0
}

// jpegExtent looks for the frame header (ITU-T T.81 §B.2.2).
func jpegExtent(b []byte) (w, h int64) {
	for i := 2; i+9 < len(b); {
		if b[i] != 0xff {
			return 0, 0
		}
		switch m := b[i+1]; {
		case m == 0xff: // filling
			i++
			continue
		case m >= 0xc0 && m <= 0xcf && m != 0xc4 && m != 0xc8 && m != 0xcc:
			return int64(binary.BigEndian.Uint16(b[i+7:])), int64(binary.BigEndian.Uint16(b[i+5:]))
		case m == 0x01 || m >= 0xd0 && m <= 0xd8: // without a length
			i += 2
			continue
		case m == 0xd9 || m == 0xda: // the end, or points before their header
			return 0, 0
		}
		i += 2 + int(binary.BigEndian.Uint16(b[i+2:]))
	}
	return 0, 0
}

// avifExtent is that of the largest picture in the file, by its properties "ispe"
// (ISO/IEC 23008-12 §6.5.3).
func avifExtent(b []byte) (w, h int64) {
	for rest := b; ; {
		i := bytes.Index(rest, []byte("ispe"))
		if i < 0 || len(rest) < i+16 {
			return w, h
		}
		x, y := int64(binary.BigEndian.Uint32(rest[i+8:])), int64(binary.BigEndian.Uint32(rest[i+12:]))
		if w, h = max(w, x), max(h, y); w > maxPixels || h > maxPixels {
			return w, h
		}
		rest = rest[i+16:]
	}
}
