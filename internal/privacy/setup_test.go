package privacy

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"techbiz/ent/invitation"
	"techbiz/ent/schema"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/database/databasetest"
	"techbiz/internal/invite"
	"techbiz/internal/seal"
)

// program is one of several on a database, with keys of its own.
type program struct {
	*database.DB
	follower
	set chan *seal.Set // holds what it has been given last
}

// start opens the database as another program would, which follows the keys.
func start(t *testing.T, o database.Options, set *seal.Set) *program {
	t.Helper()
	o.Keys = seal.New(set)
	db, err := database.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	p := &program{DB: db, set: make(chan *seal.Set, 1)}
	p.set <- set
	p.follower = follower{db: db, source: func() (*seal.Set, error) {
		now := <-p.set
		p.set <- now
		return now, nil
	}}
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.look(t)
	return p
}

// give gives it another set, which it finds by itself.
func (p *program) give(set *seal.Set) {
	<-p.set
	p.set <- set
}

func (p *program) look(t *testing.T) {
	t.Helper()
	if err := p.refresh(t.Context()); err != nil {
		t.Error(err)
	}
}

func generate(t *testing.T) *seal.Set {
	t.Helper()
	set, err := seal.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func rotated(t *testing.T, set *seal.Set) *seal.Set {
	t.Helper()
	next, err := set.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	return next
}

// onBoth runs a test with what opens an empty database, the same one each time.
func onBoth(t *testing.T, test func(t *testing.T, o database.Options)) {
	t.Helper()
	for name, options := range databasetest.Options(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, options(t))
		})
	}
}

// officer stores an officer.
func officer(t *testing.T, db *database.DB) uuid.UUID {
	t.Helper()
	id := schema.NewID()
	change(t, db, func(ctx context.Context, tx *database.Tx) error {
		return tx.Officer.Create().SetID(id).SetEmail("tan@tech.gov.sg").SetAgency("tech.gov.sg").SetRole(access.Officer).SetCreatedAt(tx.Now).Exec(ctx)
	})
	return id
}

func change(t *testing.T, db *database.DB, fn func(ctx context.Context, tx *database.Tx) error) {
	t.Helper()
	if err := db.WithTx(access.System(t.Context()), fn); err != nil {
		t.Fatal(err)
	}
}

// open opens an invitation with a number, as the product does: the database says
// whether another one has it.
func open(ctx context.Context, tx *database.Tx, inviter uuid.UUID, number string) error {
	id := schema.NewID()
	s, err := invite.Store(tx.Keys, id, number, "")
	if err != nil {
		return err
	}
	email := fmt.Sprintf("%s@vendor.com", id)
	return tx.Invitation.Create().SetID(id).SetInviterID(inviter).SetMethod(invitation.MethodSingleAccount).
		SetUserType(invitation.UserTypeVendor).SetEmail(email).SetEmailKey(email).
		SetNillableContactNumber(s.Sealed).SetNillableNumberKey(s.Key[0]).SetNillableNumberKey2(s.Key[1]).
		SetSeedRequired(false).SetReason("r").SetInvitedAt(tx.Now).SetUpdatedAt(tx.Now).Exec(ctx)
}

// count runs a query of one number.
func count(t *testing.T, db *database.DB, query string, args ...any) (n int) {
	t.Helper()
	if err := db.Query(t.Context(), query, args, func(r *sql.Rows) error { return r.Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}
