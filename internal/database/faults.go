package database

import (
	"errors"

	"github.com/lib/pq"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// PostgreSQL's SQLSTATE classes; see its manual, appendix A.
const (
	pgUniqueViolation      = "23505"
	pgSerializationFailure = "40001"
	pgDeadlockDetected     = "40P01"
)

// IsUnique says whether err is the refusal of a second row where only one may
// stand.
func IsUnique(err error) bool {
	var pe *pq.Error
	if errors.As(err, &pe) {
		return string(pe.Code) == pgUniqueViolation
	}
	var se *sqlite.Error
	if errors.As(err, &se) {
		return se.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || se.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}

// ErrLost is what a transaction returns that found its rows changed by another one
// since it looked: it is run again.
var ErrLost = errors.New("database: another transaction was faster")

// lostToAnother says whether the same transaction may succeed when it is run
// again, now that another one is through.
func lostToAnother(err error) bool {
	if IsUnique(err) || errors.Is(err, ErrLost) {
		return true
	}
	var pe *pq.Error
	if errors.As(err, &pe) {
		return string(pe.Code) == pgSerializationFailure || string(pe.Code) == pgDeadlockDetected
	}
	return isBusy(err)
}

// isBusy says whether SQLite refused because somebody else uses the file.
func isBusy(err error) bool {
	var se *sqlite.Error
	// The lower byte is the primary code; the rest says more of it.
	return errors.Is(err, errLogInUse) || errors.As(err, &se) && se.Code()&0xff == sqlite3.SQLITE_BUSY
}
