package programtest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take before a test gives up.
const patience = 3 * time.Minute

// client keeps as many connections as a bench has callers.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}

// Server is a program that serves.
type Server struct {
	// URL is the portal's address.
	URL *url.URL
	// Token is the bearer token of [Server.Query] and what is built on it.
	Token string

	tb    testing.TB
	cmd   *exec.Cmd
	ended chan struct{} // closed when the process has ended
	log   *bytes.Buffer // what it wrote, whole when it has ended
}

// Serve starts the program and returns when it listens. It is killed when the
// test ends.
func (p *Place) Serve() *Server {
	p.tb.Helper()
	// No context: the test's would end before its cleanup.
	cmd := exec.Command(binary(p.tb), "serve")
	cmd.Env = p.settings
	stderr, err := cmd.StderrPipe()
	if err != nil {
		p.tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		p.tb.Fatal(err)
	}
	s := &Server{tb: p.tb, cmd: cmd, ended: make(chan struct{}), log: &bytes.Buffer{}}
	serving := make(chan string, 1)
	var log io.Reader = stderr
	if isTest(p.tb) {
		log = io.TeeReader(stderr, WatchLog(p.tb.Name(), io.Discard))
	}
	go s.follow(log, serving)
	p.tb.Cleanup(s.Kill)
	select {
	case address := <-serving:
		if s.URL, err = url.Parse(address); err != nil {
			p.tb.Fatal(err)
		}
	case <-s.ended:
		p.tb.Fatalf("the server did not start: %s", s.log)
	}
	return s
}

// ServeReady starts the program and returns when it is ready.
func (p *Place) ServeReady(token string) *Server {
	p.tb.Helper()
	s := p.Serve()
	s.Token = token
	s.AwaitReady()
	return s
}

// follow reads the log until the process ends, and tells the address it serves.
func (s *Server) follow(stderr io.Reader, serving chan<- string) {
	defer close(s.ended)
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		s.log.Write(append(lines.Bytes(), '\n'))
		var line struct{ Msg, URL string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" {
			serving <- line.URL
		}
	}
	_ = s.cmd.Wait() // its status is in ProcessState
}

// Process is the process's id.
func (s *Server) Process() int { return s.cmd.Process.Pid }

// Kill ends the process as a crash does. It may be called again.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill() // it may have ended already
	<-s.ended
}

// Terminate asks the process to end, and returns its exit status, how long it took
// and its log.
func (s *Server) Terminate() (status int, took time.Duration, log string) {
	s.tb.Helper()
	begin := time.Now()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.tb.Fatal(err)
	}
	<-s.ended
	return s.cmd.ProcessState.ExitCode(), time.Since(begin), s.log.String()
}

// Send sends a request with the token and a body in JSON, and returns status and
// body of the answer; the status is 0 where there is none.
func (s *Server) Send(method, path, body string) (status int, answer []byte) {
	s.tb.Helper()
	req, err := http.NewRequestWithContext(s.tb.Context(), method, s.URL.String()+path, strings.NewReader(body))
	if err != nil {
		s.tb.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+s.Token)
	res, err := client.Do(req)
	if err != nil {
		return 0, nil
	}
	defer func() { _ = res.Body.Close() }()
	if answer, err = io.ReadAll(res.Body); err != nil {
		return 0, nil
	}
	return res.StatusCode, answer
}

// Get returns status and body of an address of the server; the status is 0 where
// it does not answer.
func (s *Server) Get(path string) (status int, body []byte) {
	s.tb.Helper()
	req, err := http.NewRequestWithContext(s.tb.Context(), http.MethodGet, s.URL.String()+path, nil)
	if err != nil {
		s.tb.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, nil
	}
	defer func() { _ = res.Body.Close() }()
	if body, err = io.ReadAll(res.Body); err != nil {
		return 0, nil
	}
	return res.StatusCode, body
}

// AwaitReady waits until the server is ready.
func (s *Server) AwaitReady() {
	s.tb.Helper()
	s.Await("the server to be ready", func() bool {
		status, _ := s.Get("/readyz")
		return status == http.StatusOK
	})
}

// Await polls until done, and fails the test when that takes minutes.
func (s *Server) Await(what string, done func() bool) {
	s.tb.Helper()
	s.await(what, 5*time.Millisecond, done)
}

// await is Await with its own pause between two looks.
func (s *Server) await(what string, pause time.Duration, done func() bool) {
	s.tb.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(pause) {
		if time.Now().After(deadline) {
			s.tb.Fatalf("waited %s for %s", patience, what)
		}
	}
}
