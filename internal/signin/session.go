package signin

import (
	"context"
	"crypto/hmac"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/gorilla/sessions"

	"techbiz/ent"
	"techbiz/ent/session"
	"techbiz/ent/signincode"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/oidc"
)

// SignIn signs the officer in whom the code was mailed to, in a session with a
// new id. Call it before anything of the answer is written: it sets the cookie.
//
// Codes, all on field code: REQUIRED; INVALID_FORMAT for a wrong code, with the
// number of tries that are left; NOT_FOUND where a new code has to be asked for,
// since none was sent to this browser, or it expired, was used, or had its tries.
func (s *Service) SignIn(w http.ResponseWriter, r *http.Request, code string) error {
	code = strings.Join(strings.Fields(code), "") // people type "123 456"
	switch {
	case code == "":
		return fault.Field("code", fault.Required, "Enter the one-time code from the mail.")
	case len(code) != codeDigits || strings.Trim(code, "0123456789") != "":
		return fault.Field("code", fault.InvalidFormat, "Enter the %d digits from the mail.", codeDigits)
	}
	if err := s.offersCodes(r.Context()); err != nil {
		return err
	}
	session, err := s.store.Get(r, s.store.name)
	if err != nil {
		return err
	}
	if session.IsNew {
		return askAgain()
	}
	next := s.store.successor(session, r, byCode)
	var refused error
	err = s.db.WithTx(access.System(r.Context()), func(ctx context.Context, tx *database.Tx) error {
		email, no, err := s.tryCode(ctx, tx, hash(session.ID), code)
		if refused = no; err != nil || refused != nil {
			return err // a wrong try has to be committed, so its refusal is no error in here
		}
		o, err := s.ensure(ctx, tx, email, false)
		if err != nil {
			return err
		}
		return s.admit(ctx, tx, o, session, next)
	})
	if err != nil {
		return err
	}
	if refused != nil {
		s.log.LogAttrs(r.Context(), slog.LevelInfo, "sign-in refused", slog.String("code", string(fault.CodeOf(refused))))
		typed, _ := session.Values[pendingKey].(string)
		s.recordRefusal(r.Context(), typed, refused)
		return refused
	}
	return s.enter(w, r, session, next)
}

// admit makes next the session of an officer who was proven, and ends the one
// before.
func (s *Service) admit(ctx context.Context, tx *database.Tx, o *ent.Officer, before, next *sessions.Session) error {
	next.Values[officerColumn] = o.ID
	if err := s.store.remove(ctx, tx, before); err != nil {
		return fmt.Errorf("end the session before: %w", err)
	}
	if err := s.store.put(ctx, tx, next); err != nil {
		return err
	}
	return s.recordSignIn(ctx, tx, o)
}

// enter lets the request and its browser go on with a session that was admitted.
func (s *Service) enter(w http.ResponseWriter, r *http.Request, session, next *sessions.Session) error {
	*session = *next
	s.log.LogAttrs(r.Context(), slog.LevelInfo, "signed in", slog.Any("officer", session.Values[officerColumn]), slog.Any("method", session.Values[methodColumn]))
	return s.store.sendCookie(w, session)
}

// SignOut ends the session of the request for whoever holds its cookie, and takes
// the cookie away. Call it before anything of the answer is written. Where the
// officer came by the provider and that can sign people out, it returns how the
// browser does so there, too; otherwise nil.
func (s *Service) SignOut(w http.ResponseWriter, r *http.Request) (*oidc.SignOut, error) {
	session, err := s.store.Get(r, s.store.name)
	if err != nil {
		return nil, err
	}
	officer, signedIn := session.Values[officerColumn].(uuid.UUID)
	idToken, _ := session.Values[idTokenKey].(string)
	session.Options.MaxAge = -1
	if err := session.Save(r, w); err != nil {
		return nil, fmt.Errorf("end session: %w", err)
	}
	if signedIn {
		s.log.LogAttrs(r.Context(), slog.LevelInfo, "signed out", slog.String("officer", officer.String()))
		s.recordSignOut(r)
	}
	if s.provider == nil || idToken == "" {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	if out, ok := s.provider.SignOut(ctx, idToken); ok {
		return &out, nil
	}
	return nil, nil
}

// tryCode uses up the newest code of a browser where it is the one given, and one
// of its tries otherwise. The conditions stand in the statements, so many tries
// at once count as many, and only one uses the code.
func (s *Service) tryCode(ctx context.Context, tx *database.Tx, browser []byte, code string) (email string, refused, err error) {
	c, err := newestCode(ctx, tx, browser)
	if ent.IsNotFound(err) {
		return "", askAgain(), nil
	}
	if err != nil {
		return "", nil, fmt.Errorf("find code: %w", err)
	}
	now := s.now()
	update := tx.SignInCode.Update().Where(signincode.ID(c.ID), signincode.UsedAtIsNil(),
		signincode.TriesLT(codeTries), signincode.ExpiresAtGT(now)).AddTries(1)
	right := hmac.Equal(c.Hash, s.codeHash(browser, c.Email, code))
	if right {
		update.SetUsedAt(now)
	}
	n, err := update.Save(ctx)
	if err != nil {
		return "", nil, fmt.Errorf("try code: %w", err)
	}
	if n == 0 {
		return "", askAgain(), nil
	}
	if right {
		return c.Email, nil, nil
	}
	if c, err = tx.SignInCode.Get(ctx, c.ID); err != nil {
		return "", nil, fmt.Errorf("count tries: %w", err)
	}
	return "", wrongCode(codeTries - c.Tries), nil
}

func askAgain() error {
	return fault.Field("code", fault.NotFound, "This code cannot be used any more. Ask for a new one.")
}

func wrongCode(left int) error {
	switch left {
	case 0:
		return fault.Field("code", fault.NotFound, "The code is wrong, and no try is left. Ask for a new one.")
	case 1:
		return fault.Field("code", fault.InvalidFormat, "The code is wrong. Check the mail; 1 try left.")
	}
	return fault.Field("code", fault.InvalidFormat, "The code is wrong. Check the mail; %d tries left.", left)
}

// successor returns a session with a new id that is to take the place of s:
// whoever knew the id before sign-in does not know the one after it.
func (st *store) successor(s *sessions.Session, r *http.Request, method session.Method) *sessions.Session {
	next := *s
	next.ID, next.IsNew = newID(), true
	next.Values = map[any]any{seenColumn: st.now(), methodColumn: method, browserColumn: browserOf(r.UserAgent())}
	return &next
}
