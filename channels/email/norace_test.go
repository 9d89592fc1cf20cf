//go:build !race

package email

const underRace = false
