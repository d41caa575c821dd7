package ui

import (
	"net/http"
	"strings"
)

// The explorer's sheet holds its fonts; otherwise it is bound as every page is.
var explorerPolicy = strings.Replace(contentSecurityPolicy, "font-src 'self'", "font-src 'self' data:", 1)

// explorer shows the API's explorer, with which an officer tries queries and reads
// the schema; it acts as the officer whose session it is.
func (p *portal) explorer(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Security-Policy", explorerPolicy)
	return p.write(w, r, http.StatusOK, explorerPage())
}
