//go:build !race

package oncall

const underRace = 1
