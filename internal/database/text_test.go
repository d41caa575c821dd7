package database_test

import (
	"testing"

	"techbiz/ent/officer"
	"techbiz/internal/access"
	"techbiz/internal/clock"
	"techbiz/internal/database"
	"techbiz/internal/database/databasetest"
)

// What was typed is held by both databases, whatever it was.
func TestText(t *testing.T) {
	t.Parallel()
	cases := []struct{ typed, want string }{
		{"", ""},
		{"Tan Mei Ling 陈美玲", "Tan Mei Ling 陈美玲"},
		{"a\x00b", "a\uFFFDb"},
		{"\xff\xfe", "\uFFFD"},
		{"caf\xe9\x00", "caf\uFFFD\uFFFD"},
	}
	databasetest.Each(t, clock.Machine, func(t *testing.T, db *database.DB) {
		for _, c := range cases {
			if got := database.Text(c.typed); got != c.want {
				t.Errorf("%q became %q, want %q", c.typed, got, c.want)
			}
			if _, err := db.Officer.Query().Where(officer.Name(database.Text(c.typed))).Exist(access.System(t.Context())); err != nil {
				t.Errorf("%q: %v", c.typed, err)
			}
		}
	})
}
