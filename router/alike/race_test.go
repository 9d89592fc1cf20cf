//go:build race

package alike

const underRace = true
