// Package server is the HTTP server around the product's handler.
//
// It guarantees that every answer carries a request id and the security
// headers, that every request is for the product's own host, bounded in size and
// time and logged without its query, that a panic answers 500 and nothing more, that a request with a
// cookie comes from the product's own pages, and that a shutdown lets running
// requests finish. It knows no page and no rule: the Content-Security-Policy,
// sessions and tokens are the handler's.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"techbiz/internal/clock"
	"techbiz/internal/limit"
	"techbiz/internal/origin"
)

const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 60 * time.Second // an upload over a slow line
	writeTimeout      = 60 * time.Second
	idleTimeout       = 120 * time.Second
	maxHeaderBytes    = 32 << 10

	// drainTimeout is how long running requests may take after the stop.
	drainTimeout = 10 * time.Second
)

// Options are what the server needs besides the handler.
type Options struct {
	// Log takes the access log and failures. Lines carry the request id if its
	// handler is a requestid.LogHandler.
	Log *slog.Logger
	// Clock measures durations: the machine's clock.
	Clock clock.Clock
	// Ready answers nil when requests can be served; it is given two seconds.
	Ready func(context.Context) error
	// BaseURL is the address under which browsers know the product.
	BaseURL *url.URL
	// Proxies are those whose word about a request's network address counts.
	Proxies origin.Proxies
	// AnyHost lets requests for any host in, where nobody knows yet under which the
	// product is reached.
	AnyHost bool
	// Limits bounds how much is logged at a stranger's wish; nil bounds nothing.
	Limits *limit.Limiter
	// Foreign hears of a request with a cookie that a page of another site sent, before
	// it is refused; nil hears of none.
	Foreign func(*http.Request)
	// Upload says which paths take multipart bodies up to [MaxUploadBody]; every
	// other body ends at [MaxBody].
	Upload func(path string) bool
}

// Server serves one handler. Make it with [New].
type Server struct {
	log     *slog.Logger
	handler http.Handler
	streams *streams
}

// New wraps h in all that holds for every request.
func New(h http.Handler, o Options) (*Server, error) {
	s := &Server{log: o.Log, streams: newStreams()}
	h = recoverPanics(h, o.Log)
	h, err := compress(h)
	if err != nil {
		return nil, err
	}
	h, err = sameOrigin(h, o.BaseURL, o.Foreign)
	if err != nil {
		return nil, err
	}
	h = reports(h, o)
	h = limitBodies(h, o.Upload)
	h = s.streams.track(h)
	if !o.AnyHost {
		h = sameHost(h, o.BaseURL)
	}
	h = health(h, o) // probes come by the address of the machine
	h = headers(h, o.BaseURL)
	h = o.Proxies.Middleware(h)
	h = logAccess(h, o)
	s.handler = identify(h)
	return s, nil
}

// ServeHTTP serves one request, for tests without a listener too.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Listen opens the TCP address, such as 127.0.0.1:8080; port 0 takes a free one.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return ln, nil
}

// Run serves on ln until ctx ends. Then it stops accepting, ends the event
// streams, waits up to ten seconds for running requests and closes what is
// left. It returns nil after such a stop, and closes ln in any case.
func (s *Server) Run(ctx context.Context, ln net.Listener) error {
	srv := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	srv.RegisterOnShutdown(s.streams.end)
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(ln) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	err := srv.Shutdown(drain)
	if errors.Is(err, context.DeadlineExceeded) {
		s.log.Warn("requests were cut off at the end of the shutdown", "after", drainTimeout)
		err = srv.Close()
	}
	if err != nil {
		return fmt.Errorf("stop serving: %w", err)
	}
	return nil
}
