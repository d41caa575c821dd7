// Command withpostgres runs a command beside a private PostgreSQL, whose address
// the command finds in TECHBIZ_TEST_POSTGRES:
//
//	withpostgres go test ./...
//
// It ends with the command's status. Where that variable is set already, the
// cluster it names is used.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"techbiz/internal/database/databasetest"
	"techbiz/internal/database/databasetest/cluster"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:])
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		os.Exit(max(exit.ExitCode(), 1))
	case err != nil:
		fmt.Fprintln(os.Stderr, "withpostgres:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	if len(args) == 0 {
		return errors.New("usage: withpostgres COMMAND [ARGUMENT...]")
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if os.Getenv(databasetest.PostgresEnv) == "" {
		c, startErr := cluster.Start(ctx)
		if startErr != nil {
			return startErr
		}
		defer func() { err = errors.Join(err, c.Stop()) }()
		cmd.Env = append(cmd.Environ(), databasetest.PostgresEnv+"="+c.URL("postgres"))
	}
	return cmd.Run()
}
