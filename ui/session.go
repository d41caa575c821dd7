package ui

import (
	"encoding/json"
	"net/http"

	"techbiz/internal/access"
	"techbiz/internal/signin"
	"techbiz/ui/component"
)

// sessionTime is what a page knows of the session: how long it lives, and whose
// it is.
func sessionTime(r *http.Request) component.SessionTime {
	actor, _ := access.From(r.Context())
	t := component.SessionTime{Officer: actor.Email}
	if life, ok := signin.LifeOf(r.Context()); ok {
		t.Left = min(life.Idle, life.End)
		t.Last = life.End <= life.Warn
		t.Warn = life.Warn
	}
	return t
}

// sessionLive says how long the session lives, without keeping it: other tabs may
// have kept or ended it. Where there is none the answer is 204.
func (p *portal) sessionLive(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	t := sessionTime(r)
	return json.NewEncoder(w).Encode(struct {
		Officer string  `json:"officer"`
		Left    float64 `json:"left"` // seconds
		Warn    float64 `json:"warn"`
		Last    bool    `json:"last"`
	}{t.Officer, t.Left.Seconds(), t.Warn.Seconds(), t.Last})
}

// keepSession answers a person who stays: the request itself kept the session.
func (p *portal) keepSession(w http.ResponseWriter, r *http.Request) error {
	if !isHTMX(r) {
		return seeOther(w, r, localPath(r.Referer()))
	}
	w.Header().Set("HX-Trigger", "session-kept")
	w.WriteHeader(http.StatusNoContent)
	return nil
}
