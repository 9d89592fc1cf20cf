//go:build !race

package sanitise

import "time"

const (
	costSize  = 1 << 20
	costMost  = 1500 * time.Millisecond
	costShare = 8
)
