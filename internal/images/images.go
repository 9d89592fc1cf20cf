// Package images gets images from strangers' servers for people who want to see them, so that those
// servers learn nothing of the people.
//
// What happens when things fail: one error, [ErrUnavailable] with its cause for the log, whatever it is:
// an address that is not public, a slow or broken server, something that is no picture. It is remembered
// for a while like a picture is, so that a server is asked once. Nothing is kept on disk.
//
// A server is told which image is wanted, and nothing else: no cookie, no referrer, no name of the
// program or its user, and never an address that the request came from. What it may not do: answer from
// an address that is not public (seen when the connection is made, so neither a name that changes its
// meaning nor a redirect gets around it), take longer than 10 s, send more than 5 MB, or anything but a
// picture made of at most 50 million points.
package images

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ErrUnavailable is what every failure to get an image is.
var ErrUnavailable = errors.New("the image cannot be loaded")

// Limits of one image.
const (
	MaxAddress = 2000    // bytes of its address
	maxSize    = 5 << 20 // bytes
	maxTime    = 10 * time.Second
	maxHops    = 3 // redirects
	maxHeader  = 32 << 10
	maxAtOnce  = 16 // images that are being got
)

// Image is a picture made of points.
type Image struct {
	Type string // media type, by what it holds
	Data []byte
}

// Fetcher gets images. It is safe for concurrent use.
type Fetcher struct {
	may    func(netip.AddrPort) error
	rt     http.RoundTripper
	within time.Duration
	room   chan struct{}
	cache  *cache
}

// Options are for those whose servers are not on the internet; the zero value is right for all others.
type Options struct {
	Resolver *net.Resolver                // default: the system's
	May      func(a netip.AddrPort) error // which addresses may be connected to; default [Public]
	Within   time.Duration                // how long one image may take, its redirects included; default 10 s
	Now      func() time.Time
}

// New makes a fetcher. It opens no connection.
func New(o Options) *Fetcher {
	if o.May == nil {
		o.May = Public
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Within == 0 {
		o.Within = maxTime
	}
	f := &Fetcher{may: o.May, within: o.Within, room: make(chan struct{}, maxAtOnce), cache: newCache(o.Now)}
	dialer := &net.Dialer{Timeout: o.Within / 2, Resolver: o.Resolver, Control: f.control}
	f.rt = &http.Transport{
		Proxy: nil, DialContext: dialer.DialContext, TLSHandshakeTimeout: o.Within / 2,
		ResponseHeaderTimeout: o.Within, MaxResponseHeaderBytes: maxHeader,
		DisableKeepAlives: true, DisableCompression: true, // what comes is as long as it says
	}
	return f
}

// control sees the address that a name turned out to have, just before it is connected to.
func (f *Fetcher) control(_, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	return f.may(netip.AddrPortFrom(a.Addr().Unmap(), a.Port()))
}

// Get is the image at an address. The same address is asked for once in an hour, however often it is
// wanted. The error is an ErrUnavailable, or ctx's.
func (f *Fetcher) Get(ctx context.Context, address string) (Image, error) {
	return f.cache.get(ctx, address, func() (Image, error) {
		// It goes on when the one who asked first has gone: others may wait for it, and it is not asked for twice.
		ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), f.within)
		defer stop()
		select {
		case f.room <- struct{}{}:
			defer func() { <-f.room }()
		case <-ctx.Done():
			return Image{}, fmt.Errorf("%w: too many at once", ErrUnavailable)
		}
		img, err := f.follow(ctx, address)
		if err != nil {
			return Image{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		return img, nil
	})
}

// follow asks for an address and goes where it is sent.
func (f *Fetcher) follow(ctx context.Context, address string) (Image, error) {
	u, err := url.Parse(address)
	if err != nil || len(address) > MaxAddress {
		return Image{}, errors.New("not an address")
	}
	for range 1 + maxHops {
		if err := allowed(u); err != nil {
			return Image{}, err
		}
		resp, err := f.ask(ctx, u)
		if err != nil {
			return Image{}, err
		}
		next, err := redirect(resp, u)
		if next == nil && err == nil {
			return read(resp)
		}
		_ = resp.Body.Close() // there is nothing in it that is wanted
		if err != nil {
			return Image{}, err
		}
		u = next
	}
	return Image{}, errors.New("too many redirects")
}

// ask sends a request that says what is wanted, and nothing else.
func (f *Fetcher) ask(ctx context.Context, u *url.URL) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", "Mozilla/5.0") // some servers refuse whoever names none
	r.Header.Set("Accept", "image/avif,image/webp,image/png,image/jpeg,image/gif,*/*;q=0.1")
	return f.rt.RoundTrip(r)
}

// allowed says whether an address may be asked for, as far as can be seen without resolving names.
func allowed(u *url.URL) error {
	host := strings.TrimSuffix(u.Hostname(), ".")
	port := u.Port()
	n, err := strconv.Atoi("0" + port)
	last := host[strings.LastIndexByte(host, '.')+1:]
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return errors.New("neither http nor https")
	case u.User != nil:
		return errors.New("an address with a password")
	case host == "" || len(host) > 253 || err != nil || n > 65535:
		return errors.New("not an address")
	case strings.ContainsRune(host, ':') || !numeric(last):
		return nil
	}
	// What ends in a number is an IPv4 address, and only this form of it means the same everywhere
	// (URL 3.5: others are read as octal, hexadecimal or of fewer parts).
	if _, err := netip.ParseAddr(host); err != nil {
		return errors.New("an odd form of an IPv4 address")
	}
	return nil
}

func numeric(label string) bool {
	if rest, ok := strings.CutPrefix(strings.ToLower(label), "0x"); ok {
		return strings.Trim(rest, "0123456789abcdef") == ""
	}
	return label != "" && strings.Trim(label, "0123456789") == ""
}

// redirect is where an answer sends: nil when it does not.
func redirect(resp *http.Response, from *url.URL) (*url.URL, error) {
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, nil
	}
	to := resp.Header.Get("Location")
	next, err := from.Parse(to)
	if err != nil || to == "" || len(next.String()) > MaxAddress {
		return nil, errors.New("a redirect to nowhere")
	}
	return next, nil
}

func read(resp *http.Response) (Image, error) {
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return Image{}, fmt.Errorf("the server answers %d", resp.StatusCode)
	}
	if resp.ContentLength > maxSize {
		return Image{}, errors.New("too large")
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxSize+1))
	switch {
	case err != nil:
		return Image{}, err
	case len(data) > maxSize:
		return Image{}, errors.New("too large")
	}
	kind := Raster(data)
	if kind == "" {
		return Image{}, errors.New("not a picture")
	}
	if !small(kind, data) {
		return Image{}, errors.New("of too many points, or of nobody knows how many")
	}
	return Image{Type: kind, Data: data}, nil
}

// Raster is the media type of a picture made of points, by its first bytes, or "" for everything else.
// What it names cannot hold a script.
func Raster(data []byte) string {
	switch kind := http.DetectContentType(data); kind {
	case "image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/x-icon":
		return kind
	}
	if len(data) >= 12 && string(data[4:8]) == "ftyp" && (string(data[8:12]) == "avif" || string(data[8:12]) == "avis") {
		return "image/avif" // ISO/IEC 23000-22 and 14496-12: the file type box and its major brand
	}
	return ""
}
