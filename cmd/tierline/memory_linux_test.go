package main

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"tierline/internal/peers"
)

// TestDropProgram: afterwards less of the program's file is in memory, and the program goes on.
func TestDropProgram(t *testing.T) {
	before := fileMemory(t)
	dropProgram()
	if after := fileMemory(t); after >= before {
		t.Errorf("%d kB of files were in memory, %d kB are", before, after)
	}
}

func fileMemory(t *testing.T) (kb int) {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := bytes.Cut(status, []byte("RssFile:"))
	if _, err := fmt.Sscan(string(rest), &kb); !found || err != nil {
		peers.Skip(t, "a system that says how much of files is in memory")
	}
	return kb
}
