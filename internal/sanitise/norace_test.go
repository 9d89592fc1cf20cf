//go:build !race

package sanitise

import "time"

const (
	costSize  = 1 << 20
	costMost  = 2500 * time.Millisecond // others use the machine, too
	costShare = 8
)
