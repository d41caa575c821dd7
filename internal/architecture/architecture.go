// Package architecture holds no code, only the tests that keep the house in
// order: which package may import which, and where the machine's clock and
// environment may be read.
package architecture
