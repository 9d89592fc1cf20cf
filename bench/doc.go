// Package bench measures the whole: how fast contacts are taken in, decided on, shown and answered,
// and what the program needs while it does nothing.
//
// What happens when things fail: a figure is never a verdict, so nothing here fails for being slow. A
// fault (a mail that is missing, a program that does not start) fails the run. What needs a peer
// that is not installed is left out, and its line says so.
//
// "make bench" prints the table; docs/BENCH.md says what each line means. As a part of the suite the
// same code runs with a few of everything and prints nothing, so that it keeps working.
package bench
