package server

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// headers sets what holds for every answer, before the handler, which may add
// to it.
func headers(next http.Handler, base *url.URL) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "SAMEORIGIN")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if base.Scheme == "https" {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// sameOrigin refuses with 403 what a foreign page sends with our cookie. A
// request with a bearer token is exempt: a foreign page cannot send that header
// without asking first, and we never allow it.
func sameOrigin(next http.Handler, base *url.URL) (http.Handler, error) {
	protection := http.NewCrossOriginProtection()
	// Behind a proxy the Host header may differ from the browser's address.
	if err := protection.AddTrustedOrigin(base.Scheme + "://" + base.Host); err != nil {
		return nil, fmt.Errorf("trust the base URL: %w", err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Cookie") != "" && !hasBearer(r) {
			if err := protection.Check(asChange(r)); err != nil {
				http.Error(w, "This request came from another site. Open the portal itself and try again.", http.StatusForbidden)
				return
			}
		}
		next.ServeHTTP(w, r)
	}), nil
}

// asChange is a request as one that changes something: a websocket is asked for by
// GET, which the protection lets through, and then takes changes.
func asChange(r *http.Request) *http.Request {
	if r.Header.Get("Upgrade") == "" {
		return r
	}
	change := *r
	change.Method = http.MethodPost
	return &change
}

func hasBearer(r *http.Request) bool {
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Bearer")
}
