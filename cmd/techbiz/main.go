// Command techbiz is the TechBiz module "Create TechPass account": the portal,
// its GraphQL API and the work behind an invitation, in one program.
//
// Settings come from flags and environment variables alone; `techbiz --help`
// describes them. Exit status 2 is a mistake on the command line or in a
// setting, found before anything starts; 1 is a failure while running.
package main

import (
	"context"
	"io"
	"net/url"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	p := program{env: os.Environ(), stdout: os.Stdout, stderr: os.Stderr}
	os.Exit(p.run(ctx, os.Args[1:]))
}

// program is what a run depends on from outside, so that tests start it within
// their own process.
type program struct {
	env            []string // as os.Environ
	stdout, stderr io.Writer
	// serving, if set, is told the portal's address once it answers.
	serving func(base *url.URL)
}
