// Package cluster starts a private PostgreSQL for tests and benches.
//
// The cluster lives in a temporary folder, listens on a unix socket only and
// trusts whoever reaches it; nothing in it survives a crash of the machine
// (fsync is off). It ends, and its folder goes, when [Cluster.Stop] is called or
// when the process that started it dies, however it dies.
package cluster

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	_ "github.com/lib/pq" // the driver "postgres"
)

// ErrMissing says that PostgreSQL's programs, or the user postgres that runs
// them for root, are not on this machine.
var ErrMissing = errors.New("PostgreSQL is not installed; `make test` installs it on Debian")

const startTimeout = 60 * time.Second

// owner runs the programs: PostgreSQL refuses to run as root.
const owner = "postgres"

// serve runs PostgreSQL until its standard input ends, which it also does when
// the process that holds the other end is killed.
const serve = `
trap : INT TERM
"$1/postgres" -D "$2/data" -k "$2" >"$2/log" 2>&1 &
cat >/dev/null
kill -INT $!
wait
rm -rf "$2"
`

// settings favour speed over safety. Hundreds of tests hold small pools at once.
const settings = `
listen_addresses = ''
max_connections = 400
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 4GB
checkpoint_timeout = 1h
jit = off
timezone = 'UTC'
`

// Cluster is a running PostgreSQL. Make it with [Start], and hold it: it ends,
// too, when nothing refers to it any more.
type Cluster struct {
	dir   string
	stdin io.Closer
	cmd   *exec.Cmd
}

// Start makes and starts a cluster. It returns [ErrMissing] where PostgreSQL is
// not installed.
func Start(ctx context.Context) (*Cluster, error) {
	programs, err := findPrograms()
	if err != nil {
		return nil, err
	}
	attributes, err := identity()
	if err != nil {
		return nil, err
	}
	dir, err := makeDir(attributes.Credential)
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: dir}
	if err := c.start(ctx, programs, attributes); err != nil {
		return nil, errors.Join(err, c.Stop(), os.RemoveAll(dir))
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context, programs string, attributes *syscall.SysProcAttr) error {
	data := filepath.Join(c.dir, "data")
	initdb := exec.CommandContext(ctx, filepath.Join(programs, "initdb"), "--pgdata", data, "--username", owner,
		"--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions")
	initdb.Dir, initdb.SysProcAttr = c.dir, attributes
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(out))
	}
	conf, err := os.OpenFile(filepath.Join(data, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = conf.WriteString(settings)
	if err = errors.Join(err, conf.Close()); err != nil {
		return err
	}
	// No context: a test's would end the cluster too early and leave its folder.
	c.cmd = exec.Command("/bin/sh", "-c", serve, "sh", programs, c.dir)
	c.cmd.Dir, c.cmd.SysProcAttr = c.dir, attributes
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		return err
	}
	if err := c.cmd.Start(); err != nil {
		return err
	}
	return c.await(ctx)
}

// await returns when the cluster answers.
func (c *Cluster) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	db, err := sql.Open("postgres", c.URL("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := db.PingContext(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(c.dir, "log"))
			return fmt.Errorf("PostgreSQL did not start: %w: %s", err, log)
		}
	}
}

// URL returns the address of a database of the cluster, for lib/pq.
func (c *Cluster) URL(database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(owner), Path: "/" + database}
	u.RawQuery = url.Values{"host": {c.dir}, "sslmode": {"disable"}}.Encode()
	return u.String()
}

// Stop ends the cluster and waits until its folder is gone.
func (c *Cluster) Stop() error {
	if c.cmd == nil || c.cmd.Process == nil {
		return nil
	}
	return errors.Join(c.stdin.Close(), c.cmd.Wait())
}

// findPrograms returns the folder of the newest PostgreSQL.
func findPrograms() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	newest := func(a, b string) int { return version(a) - version(b) }
	if len(found) > 0 {
		return filepath.Dir(slices.MaxFunc(found, newest)), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", ErrMissing
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", err
	}
	return filepath.Dir(path), nil
}

func version(initdb string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb))))
	return n
}

// identity says as whom the programs run: for root the user postgres, otherwise
// oneself; in a session of their own, so that an interrupt at the terminal does
// not reach them before the tests have ended.
func identity() (*syscall.SysProcAttr, error) {
	attributes := &syscall.SysProcAttr{Setsid: true}
	if os.Geteuid() != 0 {
		return attributes, nil
	}
	u, err := user.Lookup(owner)
	if err != nil {
		return nil, fmt.Errorf("%w (root needs the user postgres)", ErrMissing)
	}
	uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(uidErr, gidErr); err != nil {
		return nil, err
	}
	attributes.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attributes, nil
}

// makeDir makes the folder in /tmp rather than in TMPDIR: a socket's path must
// stay below 108 bytes, and the user postgres must be able to reach it.
func makeDir(as *syscall.Credential) (string, error) {
	dir, err := os.MkdirTemp("/tmp", "techbiz-postgres-")
	if err != nil {
		return "", err
	}
	if as != nil {
		if err := os.Chown(dir, int(as.Uid), int(as.Gid)); err != nil {
			return "", errors.Join(err, os.Remove(dir))
		}
	}
	if err := os.Chmod(dir, fs.FileMode(0o700)); err != nil {
		return "", errors.Join(err, os.Remove(dir))
	}
	return dir, nil
}
