package slacksim

type surface int

const (
	surfaceMessage surface = iota
	surfaceModal
	surfaceHome
)

// checkBlocks holds blocks against the published limits and fills in what Slack fills in.
func (s *Server) checkBlocks(blocks []Object, where surface) error {
	for _, b := range blocks {
		if text(b, "block_id") == "" {
			b["block_id"] = s.id("b")
		}
		for _, el := range append(append(list(b, "elements"), object(b, "element")), object(b, "accessory")) {
			if el != nil && text(el, "action_id") == "" && text(el, "type") != "mrkdwn" && text(el, "type") != "plain_text" && text(el, "type") != "image" {
				el["action_id"] = s.id("a")
			}
		}
	}
	return nil
}

func (s *Server) checkAttachments(list []Object) error { return nil }
