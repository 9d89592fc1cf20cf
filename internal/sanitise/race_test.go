//go:build race

package sanitise

import "time"

// Under the race detector everything takes about eight times as long: a part is tried, and judged by
// how it grows. `make test` tries the whole without it.
const (
	costSize  = 128 << 10 // bytes of each source
	costMost  = 3 * time.Second
	costShare = 4 // of costSize, to compare with
)
