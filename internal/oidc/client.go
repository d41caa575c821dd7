package oidc

import (
	"errors"
	"io"
	"net/http"
	"net/netip"
	"time"
)

const (
	requestTimeout = 10 * time.Second
	maxAnswer      = 1 << 20 // bytes
)

// newClient returns a client that waits for no answer for ever, reads none
// without end and follows no redirect: secrets would go along.
func newClient() *http.Client {
	return &http.Client{
		Timeout:   requestTimeout,
		Transport: bounded{http.DefaultTransport},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("the provider's endpoints must answer without a redirect")
		},
	}
}

// bounded ends each body at maxAnswer.
type bounded struct{ http.RoundTripper }

// RoundTrip sends one request.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, maxAnswer), res.Body}
	}
	return res, err
}

func isLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.Unmap().IsLoopback()
}
