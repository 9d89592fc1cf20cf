// Package ui is the web page of the Slack simulator: plain files, no build step, nothing loaded from
// elsewhere, no inline script or style (it works under "default-src 'self'").
//
// What happens when things fail: a lost connection is shown and made again by itself, and then
// everything is loaded anew; what an app does not answer is said where it was clicked. All text from
// messages goes into the page as text nodes, never as HTML.
//
// The files expect to be served at "/", with the simulator's page API under "/sim/api/".
package ui

import "embed"

// Files are the page: index.html and what it loads.
//
//go:embed index.html icon.svg *.css *.js
var Files embed.FS
