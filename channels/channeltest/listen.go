package channeltest

import (
	"net"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
)

// Listen serves an app on a free port of loopback until the test ends, and says where.
func Listen(t testing.TB, app *fiber.App) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- app.Listener(l) }()
	t.Cleanup(func() {
		if err := app.ShutdownWithTimeout(5 * time.Second); err != nil {
			t.Error(err)
		}
		<-done
	})
	return l.Addr().String()
}
