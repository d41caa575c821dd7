// Command diff writes the next versioned migration of both databases: what
// ent/schema says and the migrations so far do not. It needs an empty PostgreSQL
// database to work in.
//
//	go run ./ent/migrate/diff -name add_things -postgres postgres://…
//
// With -check it writes nothing and fails when a migration is missing. With -hash
// it only writes the sums anew, after a migration was written by hand: triggers,
// which ent knows nothing of.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/sqltool"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"
	_ "github.com/lib/pq"
	_ "modernc.org/sqlite"

	entmigrate "techbiz/ent/migrate"
)

func main() {
	name := flag.String("name", "", "name of the migration, such as add_things")
	postgres := flag.String("postgres", os.Getenv("TECHBIZ_SCRATCH_POSTGRES"), "address of an empty PostgreSQL database")
	check := flag.Bool("check", false, "write nothing, fail when a migration is missing")
	hash := flag.Bool("hash", false, "write the sums anew, and nothing else")
	root := flag.String("dir", "ent/migrate/migrations", "folder of the migrations")
	flag.Parse()
	if *hash {
		if err := rehash(*root); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if err := run(context.Background(), *root, *name, *postgres, *check); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, root, name, postgres string, check bool) error {
	if name == "" && !check {
		return errors.New("diff: -name is missing")
	}
	if postgres == "" {
		return errors.New("diff: -postgres is missing: the address of an empty database")
	}
	for _, d := range []struct{ dialect, driver, url string }{
		{dialect.SQLite, "sqlite", "file:diff?mode=memory&cache=shared&_pragma=foreign_keys(1)"},
		{dialect.Postgres, "postgres", postgres},
	} {
		if err := diff(ctx, filepath.Join(root, folder(d.dialect)), d.dialect, d.driver, d.url, name, check); err != nil {
			return fmt.Errorf("diff %s: %w", d.dialect, err)
		}
	}
	return nil
}

// rehash writes the sums of the files as they stand.
func rehash(root string) error {
	for _, d := range []string{dialect.SQLite, dialect.Postgres} {
		dir, err := sqltool.NewGooseDir(filepath.Join(root, folder(d)))
		if err != nil {
			return err
		}
		sum, err := dir.Checksum()
		if err != nil {
			return err
		}
		if err := migrate.WriteSumFile(dir, sum); err != nil {
			return err
		}
	}
	return nil
}

// folder is the migrations' folder of a dialect, whose ent name for SQLite is
// sqlite3.
func folder(d string) string {
	if d == dialect.SQLite {
		return "sqlite"
	}
	return d
}

func diff(ctx context.Context, dir, dia, driver, url, name string, check bool) error {
	folder, err := sqltool.NewGooseDir(dir)
	if err != nil {
		return err
	}
	db, err := entsql.Open(driver, url)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	m, err := schema.NewMigrate(entsql.OpenDB(dia, db.DB()),
		schema.WithDir(folder),
		schema.WithMigrationMode(schema.ModeReplay),
		schema.WithDialect(dia),
		schema.WithFormatter(sqltool.GooseFormatter),
		schema.WithDropColumn(true),
		schema.WithDropIndex(true),
		schema.WithErrNoPlan(true),
	)
	if err != nil {
		return err
	}
	if check {
		return noPlan(m.NamedDiff(ctx, "missing", entmigrate.Tables...), dir)
	}
	if err := m.NamedDiff(ctx, name, entmigrate.Tables...); err != nil && !errors.Is(err, migrate.ErrNoPlan) {
		return err
	}
	return nil
}

// noPlan turns "there is nothing to do" into success, and a written plan into a
// failure.
func noPlan(err error, dir string) error {
	switch {
	case errors.Is(err, migrate.ErrNoPlan):
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("ent/schema has changed and %s has no migration for it", dir)
}
