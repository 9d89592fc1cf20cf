package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// dropProgram gives back the pages of the program's file that were read so far. Most of them only the
// start needs; the others come again by themselves, from the system's cache while it has them. What
// cannot be given back stays.
func dropProgram() {
	self, err := os.Executable()
	if err != nil {
		return
	}
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return
	}
	defer maps.Close()
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		var from, to uintptr
		var may string
		_, err := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &may)
		// What may be written to is not as it is in the file.
		if err == nil && strings.HasSuffix(lines.Text(), " "+self) && (may == "r-xp" || may == "r--p") {
			_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, from, to-from, syscall.MADV_DONTNEED)
		}
	}
}
