package signin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"

	"techbiz/ent"
	"techbiz/ent/session"
	"techbiz/internal/access"
	"techbiz/internal/clock"
	"techbiz/internal/database"
	"techbiz/internal/fault"
)

// What a session holds. Officer, last use and end have columns of their own and
// are not among the encoded values.
type column string

const (
	officerColumn column = "officer" // uuid.UUID
	seenColumn    column = "seen"    // time.Time
	endColumn     column = "end"     // time.Time
	rowColumn     column = "row"     // uuid.UUID
	methodColumn  column = "method"  // session.Method
	browserColumn column = "browser" // string

	pendingKey = "pending"  // the address to which this browser last had a code sent
	idTokenKey = "id token" // what the provider signed of the officer
)

// idBytes is the length of a session's secret.
const idBytes = 32

// store keeps sessions in the database. The cookie holds a random id, the row
// its hash: neither a copy of the database nor a forged cookie makes a session.
type store struct {
	db             *database.DB
	now            clock.Clock
	cookie         *securecookie.SecureCookie // the id, in the cookie
	values         *securecookie.SecureCookie // the values, in the row
	name           string
	options        sessions.Options
	idle, absolute time.Duration
}

var _ sessions.Store = (*store)(nil)

func newStore(o Options, hashKey, blockKey []byte) *store {
	st := &store{
		db: o.DB, now: o.Machine, name: "techbiz", idle: o.Idle, absolute: o.Absolute,
		// The row decides how long a session lives, so the encodings have no age of
		// their own and the cookie ends with the browser.
		cookie:  securecookie.New(hashKey, blockKey).MaxAge(0),
		values:  securecookie.New(hashKey, blockKey).MaxAge(0).MaxLength(0), // the provider's tokens are long
		options: sessions.Options{Path: "/", HttpOnly: true, Secure: o.Secure, SameSite: http.SameSiteLaxMode},
	}
	if o.Secure {
		st.name = "__Host-techbiz"
	}
	return st
}

// Get returns the session of the request, read once a request.
func (st *store) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(st, name)
}

// New reads the session of the request, and returns an empty one where there is
// none or it has ended. An error is the database's.
func (st *store) New(r *http.Request, name string) (*sessions.Session, error) {
	s := sessions.NewSession(st, name)
	options := st.options
	s.Options = &options
	s.IsNew = true
	id, ok := st.readCookie(r, name)
	if !ok {
		return s, nil
	}
	now := st.now()
	row, err := st.db.Session.Query().Where(
		session.Hash(hash(id)), session.ExpiresAtGT(now), session.SeenAtGT(now.Add(-st.idle)),
	).Only(access.System(r.Context()))
	if ent.IsNotFound(err) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("read session: %w", err)
	}
	if st.values.Decode(valuesName, string(row.Data), &s.Values) != nil {
		s.Values = map[any]any{} // written under another key
		return s, nil
	}
	s.ID, s.IsNew = id, false
	s.Values[seenColumn], s.Values[endColumn], s.Values[rowColumn] = row.SeenAt, row.ExpiresAt, row.ID
	if row.OfficerID != nil {
		s.Values[officerColumn] = *row.OfficerID
	}
	return s, nil
}

// Save writes the session and its cookie; with a negative MaxAge it ends both.
func (st *store) Save(r *http.Request, w http.ResponseWriter, s *sessions.Session) error {
	err := st.db.WithTx(access.System(r.Context()), func(ctx context.Context, tx *database.Tx) error {
		if s.Options.MaxAge < 0 {
			return st.remove(ctx, tx, s)
		}
		return st.put(ctx, tx, s)
	})
	if err != nil {
		return err
	}
	return st.sendCookie(w, s)
}

// put writes the row of a session. [store.sendCookie] has to follow once that is
// committed. Codes: UNAUTHENTICATED where the session has ended meanwhile.
func (st *store) put(ctx context.Context, tx *database.Tx, s *sessions.Session) error {
	now := st.now()
	data, err := st.encode(s)
	if err != nil {
		return err
	}
	if !s.IsNew {
		n, err := tx.Session.Update().Where(session.Hash(hash(s.ID))).SetData(data).SetSeenAt(now).Save(ctx)
		if err == nil && n == 0 {
			return fault.New(fault.Unauthenticated, "Your session has ended. Open the sign-in page and try again.")
		}
		return err
	}
	if s.ID == "" {
		s.ID = newID()
	}
	create := tx.Session.Create().SetHash(hash(s.ID)).SetData(data).
		SetCreatedAt(now).SetSeenAt(now).SetExpiresAt(now.Add(st.absolute))
	if officer, ok := s.Values[officerColumn].(uuid.UUID); ok {
		create.SetOfficerID(officer)
	}
	if method, ok := s.Values[methodColumn].(session.Method); ok {
		browser, _ := s.Values[browserColumn].(string)
		create.SetMethod(method).SetBrowser(browser).SetAddress(addressText(ctx))
	}
	row, err := create.Save(ctx)
	if err != nil {
		return err
	}
	s.Values[rowColumn] = row.ID
	return nil
}

func (st *store) remove(ctx context.Context, tx *database.Tx, s *sessions.Session) error {
	if s.ID == "" {
		return nil
	}
	_, err := tx.Session.Delete().Where(session.Hash(hash(s.ID))).Exec(ctx)
	return err
}

// sendCookie hands the browser the id of a session that was written, or takes it
// away from one that was removed.
func (st *store) sendCookie(w http.ResponseWriter, s *sessions.Session) error {
	if s.Options.MaxAge < 0 {
		http.SetCookie(w, sessions.NewCookie(s.Name(), "", s.Options))
		s.ID, s.IsNew = "", true
		clear(s.Values)
		return nil
	}
	value, err := st.cookie.Encode(s.Name(), s.ID)
	if err != nil {
		return fmt.Errorf("encode cookie: %w", err)
	}
	http.SetCookie(w, sessions.NewCookie(s.Name(), value, s.Options))
	s.IsNew = false
	return nil
}

func (st *store) readCookie(r *http.Request, name string) (id string, ok bool) {
	c, err := r.Cookie(name)
	if err != nil || st.cookie.Decode(name, c.Value, &id) != nil {
		return "", false
	}
	return id, id != ""
}

// touch writes the last use of a session, at most once in a while.
func (st *store) touch(ctx context.Context, s *sessions.Session) error {
	seen, _ := s.Values[seenColumn].(time.Time)
	// A short idle time has to be followed more closely.
	stale := st.now().Add(-min(useInterval, st.idle/10))
	if s.IsNew || seen.After(stale) {
		return nil
	}
	ctx, cancel := context.WithTimeout(access.System(ctx), useTimeout)
	defer cancel()
	now := st.now()
	err := st.db.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		return tx.Session.Update().
			Where(session.Hash(hash(s.ID)), session.SeenAtLTE(stale)).
			SetSeenAt(now).SetAddress(addressText(ctx)).Exec(ctx)
	})
	if err == nil {
		s.Values[seenColumn] = now
	}
	return err
}

// life says how long a session still lives.
func (st *store) life(s *sessions.Session) Life {
	now := st.now()
	seen, _ := s.Values[seenColumn].(time.Time)
	end, _ := s.Values[endColumn].(time.Time)
	return Life{
		Idle: seen.Add(st.idle).Sub(now),
		End:  end.Sub(now),
		Warn: min(warnBefore, st.idle/2),
	}
}

// valuesName sets the encoded values apart from a cookie under the same key.
const valuesName = "techbiz session values"

func (st *store) encode(s *sessions.Session) ([]byte, error) {
	values := maps.Clone(s.Values)
	maps.DeleteFunc(values, func(k, _ any) bool { _, ok := k.(column); return ok })
	data, err := st.values.Encode(valuesName, values)
	if err != nil {
		return nil, fmt.Errorf("encode session: %w", err)
	}
	return []byte(data), nil
}

func newID() string {
	var b [idBytes]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// hash is enough for a secret of 32 random bytes: nobody can try them all.
func hash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
