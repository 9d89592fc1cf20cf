// Package migrations holds the tables of the store, one folder for each database. A migration that
// was released is never changed; the next one is added to both folders.
package migrations

import "embed"

// FS has the folders "sqlite" and "postgres".
//
//go:embed sqlite/*.sql postgres/*.sql
var FS embed.FS
