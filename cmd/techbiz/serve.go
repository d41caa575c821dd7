package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/url"
	"time"

	"golang.org/x/sync/errgroup"

	"techbiz/internal/clock"
	"techbiz/internal/origin"
	"techbiz/internal/server"
)

// stopTimeout is how long background work may take to finish or to be handed
// back; the server drains for at most ten seconds at the same time.
const stopTimeout = 12 * time.Second

const sessionKeyFile = "session.key"

type serveCommand struct{ Settings }

// Run serves until ctx ends.
func (c *serveCommand) Run(ctx context.Context, p *program) (err error) {
	s := &c.Settings
	log, err := s.newLogger(p.stderr)
	if err != nil {
		return err
	}
	if err := prepareFolder(s.Data); err != nil {
		return err
	}
	if len(s.SessionKey) == 0 {
		if s.SessionKey, err = keptKey(s.Data, sessionKeyFile, thenDelete); err != nil {
			return err
		}
	}
	ln, err := server.Listen(ctx, s.Addr)
	if err != nil {
		return err
	}
	defer func() { _ = ln.Close() }() // closed by the server, unless it never ran
	anyHost := false
	if s.BaseURL.Host == "" {
		s.BaseURL, anyHost = baseURL(s.Addr, ln), !isLoopback(s.Addr)
	}
	a, err := wire(ctx, s, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	a.anyHost = anyHost
	return a.serve(ctx, ln, s, log, p.serving)
}

// serve runs the HTTP server and the background work until ctx ends, and then
// stops both at once.
func (a *app) serve(ctx context.Context, ln net.Listener, s *Settings, log *slog.Logger, serving func(*url.URL)) error {
	srv, err := server.New(a.handler, server.Options{
		Log: log, Clock: clock.Machine, Ready: a.ready, BaseURL: &s.BaseURL.URL, Upload: a.upload,
		Proxies: origin.Proxies(s.TrustedProxies), AnyHost: a.anyHost, Limits: a.limits, Foreign: a.foreign,
	})
	if err != nil {
		return err
	}
	if err := a.start(ctx); err != nil {
		return err
	}
	log.InfoContext(ctx, "serving", "url", s.BaseURL.String(), "address", ln.Addr().String())
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return srv.Run(ctx, ln) })
	group.Go(func() error {
		<-ctx.Done()
		log.InfoContext(ctx, "stopping")
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		return a.stop(stopping)
	})
	if serving != nil {
		serving(&s.BaseURL.URL)
	}
	return group.Wait()
}

// baseURL is the address under which this machine reaches the listener.
func baseURL(addr string, ln net.Listener) webURL {
	host, _, _ := net.SplitHostPort(addr) // checked
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	_, port, _ := net.SplitHostPort(ln.Addr().String()) // a TCP address
	return webURL{url.URL{Scheme: "http", Host: net.JoinHostPort(host, port)}}
}
