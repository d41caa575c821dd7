// Package pocketbase holds no code, only a benchmark that sets this program
// beside PocketBase, in one run on one machine. It is a module of its own, so that
// PocketBase stays out of the program's dependencies.
package pocketbase
