package images

import (
	"fmt"
	"net/netip"
)

// reserved are networks that are part of nobody's public internet, or lead out of it, besides those
// that netip tells by itself. (IANA's registries of special-purpose addresses.)
var reserved = func() (list []netip.Prefix) {
	for _, p := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "240.0.0.0/4", // this network, carriers' NAT, protocols, documentation, 6to4, benchmarks, the future
		"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", // protocols with Teredo and ORCHID, documentation, 6to4
	} {
		list = append(list, netip.MustParsePrefix(p))
	}
	return list
}()

// global is all of IPv6 that is given out (RFC 4291): neither local addresses nor those that hold an
// IPv4 address, such as NAT64's 64:ff9b::/96, are in it.
var global = netip.MustParsePrefix("2000::/3")

// Public fails for an address that is not on the public internet, and for ports on which no images are.
func Public(a netip.AddrPort) error {
	ip := a.Addr().Unmap()
	ok := ip.IsValid() && ip.IsGlobalUnicast() && !ip.IsPrivate() && (ip.Is4() || global.Contains(ip)) && ip.Zone() == ""
	for _, p := range reserved {
		ok = ok && !p.Contains(ip)
	}
	if !ok {
		return fmt.Errorf("%s is not a public address", ip)
	}
	if p := a.Port(); p != 80 && p != 443 {
		return fmt.Errorf("port %d is neither that of http nor of https", p)
	}
	return nil
}
