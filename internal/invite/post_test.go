package invite

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"techbiz/internal/database"
	"techbiz/internal/database/databasetest"
	"techbiz/internal/fault"
	"techbiz/internal/mail"
)

// answers is a relay that answers one after the other, and counts.
type answers struct {
	errs  []error
	calls int
}

func (a *answers) Send(context.Context, mail.Message) error {
	a.calls++
	return a.errs[a.calls-1]
}

func TestPost_HandsOverOnce(t *testing.T) {
	t.Parallel()
	busy := fault.New(fault.Unavailable, "The relay is busy.")
	databasetest.Each(t, nil, func(t *testing.T, db *database.DB) {
		for name, c := range map[string]struct {
			answers []error
			posts   []error // what each of several calls returns
		}{
			"a mail that is taken is not sent again":               {[]error{nil}, []error{nil, nil}},
			"a busy relay is asked again, until it takes the mail": {[]error{busy, busy, nil}, []error{busy, busy, nil, nil}},
			"a refused mail is not sent again":                     {[]error{&mail.RefusedError{Reason: "no such user"}}, []error{nil, nil}},
			"a mail in doubt is not sent again":                    {[]error{&mail.InDoubtError{Reason: "silence"}}, []error{nil, nil}},
		} {
			t.Run(name, func(t *testing.T) {
				relay := &answers{errs: c.answers}
				s := &Service{Options: Options{DB: db, Relay: relay, Log: slog.New(slog.DiscardHandler)}, sending: make(chan struct{}, 1)}
				for n, want := range c.posts {
					if err := s.Post(t.Context(), mail.Message{ID: name + "@localhost"}); !errors.Is(err, want) {
						t.Errorf("call %d: %v, want %v", n, err, want)
					}
				}
				if relay.calls != len(c.answers) {
					t.Errorf("sent %d times, want %d", relay.calls, len(c.answers))
				}
			})
		}
	})
}
