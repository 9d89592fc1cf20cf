// Package web is everything that Tierline shows over HTTP: the API under /api/v1, the console of
// staff, the public help centre, health and metrics. Channels that speak HTTP are mounted into it.
//
// What happens when things fail: every error goes through one place ([Server] problem.go), which maps
// its ticket.Kind to a status, tells the person what ticket.Explain allows and logs the rest; the API
// answers problem+json (RFC 9457), pages answer a page. A panic is logged with its stack and answered
// with 500 and nothing more. When the store is down pages say so and /readyz is 503 while /healthz
// stays 200; when the search engine is down lists still work and say that search does not. Requests
// have limits of size and time; a stop ends live streams at once and waits at most ten seconds for
// the rest.
//
// Nothing is reachable that does not stand in the one table of routes (routes.go) or in a [Mount],
// each with who may call it.
package web
