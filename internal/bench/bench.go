// Package bench holds no code, only benchmarks of the whole program: it is built
// and run as a process of its own, over HTTP, with its sandbox, on SQLite and on
// PostgreSQL. docs/performance.md explains the figures.
package bench
