package database

import (
	"context"
	"errors"
	"fmt"
)

// Versions lists the versions of the migrations, oldest first.
func (db *DB) Versions() ([]int64, error) {
	p, err := db.provider(db.write)
	if err != nil {
		return nil, err
	}
	var v []int64
	for _, s := range p.ListSources() {
		v = append(v, s.Version)
	}
	return v, nil
}

// MigrateTo migrates to a version only, as [DB.Migrate] would, so that a test can
// store data of that time.
func (db *DB) MigrateTo(ctx context.Context, version int64) (err error) {
	pool, done, err := db.migrationPool()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	p, err := db.provider(pool)
	if err != nil {
		return err
	}
	if _, err := p.UpTo(ctx, version); err != nil {
		return fmt.Errorf("migrate to %d: %w", version, err)
	}
	return nil
}
