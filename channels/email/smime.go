package email

import (
	"bytes"
	"strings"
)

// Warnings of protected mails. Signatures are not checked here: who wrote a mail is what its
// authentication says.
const (
	warnSigned    = "The mail is signed (%s). The signature was not checked."
	warnEncrypted = "The mail is encrypted (%s) and cannot be read here. It is attached as it came."
)

// isSignature says that a part is the signature of the parts beside it.
func isSignature(kind string) (how string, ok bool) {
	switch kind {
	case "application/pkcs7-signature", "application/x-pkcs7-signature":
		return "S/MIME", true
	case "application/pgp-signature":
		return "OpenPGP", true
	}
	return "", false
}

func isSMIME(kind string) bool {
	return kind == "application/pkcs7-mime" || kind == "application/x-pkcs7-mime"
}

// signedContent is the mail within an opaque S/MIME signature (RFC 8551 §3.5.2), when it is one and
// not encrypted: the octet string behind the id of "data" in its SignedData (RFC 5652 §5).
func signedContent(der []byte) ([]byte, bool) {
	signedData := []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02}
	data := []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01}
	at := bytes.Index(der[:min(len(der), 64)], signedData)
	if at < 0 {
		return nil, false
	}
	i := bytes.Index(der[at:], data)
	if i < 0 {
		return nil, false
	}
	b := der[at+i+len(data):]
	if tag, body, _, ok := berValue(b); ok && tag == 0xa0 {
		if out := octets(body, 0); len(bytes.TrimSpace(out)) > 0 {
			return out, true
		}
	}
	return nil, false
}

// octets joins the pieces of an octet string, which BER may cut up.
func octets(b []byte, depth int) (out []byte) {
	for len(b) > 1 && depth < 5 {
		tag, body, rest, ok := berValue(b)
		switch {
		case !ok || tag == 0:
			return out
		case tag == 0x04:
			out = append(out, body...)
		case tag == 0x24:
			out = append(out, octets(body, depth+1)...)
		default:
			return out
		}
		b = rest
	}
	return out
}

// berValue reads one value of BER (X.690 §8.1). The body of one without a length is all that follows:
// whoever reads it stops at its end mark.
func berValue(b []byte) (tag byte, body, rest []byte, ok bool) {
	if len(b) < 2 {
		return 0, nil, nil, false
	}
	tag, n := b[0], int(b[1])
	b = b[2:]
	if n == 0x80 {
		return tag, b, nil, true
	}
	if n > 0x80 {
		size := n & 0x7f
		if size > 4 || size > len(b) {
			return 0, nil, nil, false
		}
		n = 0
		for _, c := range b[:size] {
			n = n<<8 | int(c)
		}
		b = b[size:]
	}
	n = min(n, len(b)) // cut: what is there
	return tag, b[:n], b[n:], true
}

// armour says how a text is protected by OpenPGP in itself (RFC 9580 §6.2, §7).
func armour(text string) (signed, encrypted bool) {
	if !strings.Contains(text, "-----BEGIN PGP ") {
		return false, false
	}
	return strings.Contains(text, "-----BEGIN PGP SIGNED MESSAGE-----"), strings.Contains(text, "-----BEGIN PGP MESSAGE-----")
}
