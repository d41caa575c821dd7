package server

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// fixed are the headers of every answer, after the OWASP Secure Headers Project. A
// handler may loosen one for what it serves, as the pages do their
// Content-Security-Policy.
var fixed = map[string]string{
	"Content-Security-Policy":           "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
	"X-Content-Type-Options":            "nosniff",
	"X-Frame-Options":                   "DENY",
	"X-Permitted-Cross-Domain-Policies": "none",
	"X-DNS-Prefetch-Control":            "off",
	"Referrer-Policy":                   "same-origin", // sign-in leads back by it
	"Cross-Origin-Opener-Policy":        "same-origin",
	"Cross-Origin-Embedder-Policy":      "require-corp",
	"Cross-Origin-Resource-Policy":      "same-origin",
	"Cache-Control":                     "no-store",
	"Permissions-Policy":                permissions,
}

// permissions turns off all that browsers offer to pages, but for the clipboard,
// to which our own pages may copy.
const permissions = "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), clipboard-read=(), clipboard-write=(self), " +
	"cross-origin-isolated=(), display-capture=(), encrypted-media=(), fullscreen=(), gamepad=(), geolocation=(), gyroscope=(), hid=(), " +
	"identity-credentials-get=(), idle-detection=(), keyboard-map=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), " +
	"otp-credentials=(), payment=(), picture-in-picture=(), publickey-credentials-create=(), publickey-credentials-get=(), " +
	"screen-wake-lock=(), serial=(), storage-access=(), sync-xhr=(), usb=(), window-management=(), xr-spatial-tracking=()"

// transportSecurity makes browsers come by HTTPS for two years, also to what stands
// below the portal's own name, which is nobody else's.
const transportSecurity = "max-age=63072000; includeSubDomains"

// headers sets what holds for every answer, before the handler, which may add
// to it.
func headers(next http.Handler, base *url.URL) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for name, value := range fixed {
			h.Set(name, value)
		}
		if base.Scheme == "https" {
			h.Set("Strict-Transport-Security", transportSecurity)
		}
		next.ServeHTTP(w, r)
	})
}

// sameOrigin refuses with 403 what a foreign page sends with our cookie. A
// request with a bearer token is exempt: a foreign page cannot send that header
// without asking first, and we never allow it. foreign hears of each refusal.
func sameOrigin(next http.Handler, base *url.URL, foreign func(*http.Request)) (http.Handler, error) {
	protection := http.NewCrossOriginProtection()
	// Behind a proxy the Host header may differ from the browser's address.
	if err := protection.AddTrustedOrigin(base.Scheme + "://" + base.Host); err != nil {
		return nil, fmt.Errorf("trust the base URL: %w", err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Cookie") != "" && !hasBearer(r) {
			if err := protection.Check(asChange(r)); err != nil {
				if foreign != nil {
					foreign(r)
				}
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
