package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"tierline/channels/email"
)

// progress tells how far an import is: on a terminal in one line that changes, else in lines.
type progress struct {
	w        io.Writer
	terminal bool
	every    time.Duration
	last     time.Time
	start    time.Time
	shown    bool
}

func newProgress(w io.Writer, every time.Duration) *progress {
	p := &progress{w: w, every: every, start: time.Now(), last: time.Now()}
	if f, ok := w.(*os.File); ok {
		info, err := f.Stat()
		p.terminal = err == nil && info.Mode()&fs.ModeCharDevice != 0
	}
	if p.terminal {
		p.every = 200 * time.Millisecond
	}
	return p
}

func (p *progress) tell(s email.Imported) {
	now := time.Now()
	if p.every <= 0 || now.Sub(p.last) < p.every {
		return
	}
	p.last = now
	took := now.Sub(p.start)
	text := fmt.Sprintf("%s: %d mails, %.0f a second, %.0f %%", filepath.Base(s.Source), s.All()+s.Known+s.Outside,
		float64(s.All()+s.Known+s.Outside)/took.Seconds(), 100*s.Done)
	if s.Done > 0 && s.Done < 1 {
		text += fmt.Sprintf(", %s left", time.Duration(float64(took)*(1-s.Done)/s.Done).Round(time.Second))
	}
	if p.terminal {
		fmt.Fprintf(p.w, "\r\033[K%s", text)
		p.shown = true
		return
	}
	fmt.Fprintln(p.w, text)
}

// clear takes the line away, so that something else can be printed.
func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.w, "\r\033[K")
		p.shown = false
	}
}
