//go:build race

package oncall

// underRace is how many times fewer cases are tried under the race detector, which makes them ten times slower:
// there is nothing more to be found by it than in a few.
const underRace = 8
