package chat

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"

	"github.com/gofiber/fiber/v2"
)

//go:embed widget.js
var widget string

// serveWidget answers GET /widget.js. Any site may load it; whom it may talk to, admit decides.
func serveWidget(ctx *fiber.Ctx) error {
	sum := sha256.Sum256([]byte(widget))
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	ctx.Set(fiber.HeaderETag, tag)
	ctx.Set(fiber.HeaderCacheControl, "public, max-age=300")
	ctx.Set("Cross-Origin-Resource-Policy", "cross-origin")
	ctx.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	if ctx.Get(fiber.HeaderIfNoneMatch) == tag {
		return ctx.SendStatus(fiber.StatusNotModified)
	}
	ctx.Type("js", "utf-8")
	return ctx.SendString(widget)
}
