package slacksim

import (
	"testing"

	"github.com/slack-go/slack"
)

// BenchmarkPost is one message of an app to a channel that fills up.
func BenchmarkPost(b *testing.B) {
	s := Start(b, Sample())
	api := client(s)
	blocks := slack.MsgOptionBlocks(slack.NewSectionBlock(slack.NewTextBlockObject("mrkdwn", "*T-1* needs help", false, false), nil, nil))
	b.ResetTimer()
	for b.Loop() {
		if _, _, err := api.PostMessage("C0L1", slack.MsgOptionText("T-1", false), blocks); err != nil {
			b.Fatal(err)
		}
	}
}
