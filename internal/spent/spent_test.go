package spent

import (
	"testing"
	"time"
)

func TestOnlyWorkIsTime(t *testing.T) {
	t.Parallel()
	if d := One(func() { <-time.After(200 * time.Millisecond) }); d > 150*time.Millisecond {
		t.Errorf("to wait takes %v of a processor", d)
	}
	n := 0
	if d := Least(func() {
		for end := time.Now().Add(20 * time.Millisecond); n == 0 || time.Now().Before(end); n++ {
			continue
		}
	}); d <= 0 || n == 0 {
		t.Errorf("%d rounds of work take %v", n, d)
	}
}
