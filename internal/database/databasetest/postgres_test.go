package databasetest

import (
	"database/sql"
	"testing"
)

func TestPostgresURL_GivesEachTestItsOwn(t *testing.T) {
	t.Parallel()
	for range 2 {
		db, err := sql.Open("postgres", PostgresURL(t))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		if _, err := db.ExecContext(t.Context(), "CREATE TABLE invitation (id uuid PRIMARY KEY)"); err != nil {
			t.Error(err)
		}
	}
}
