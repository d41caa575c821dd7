package signin

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/gorilla/sessions"

	"techbiz/ent"
	"techbiz/ent/signincode"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/mail"
)

const (
	codeDigits = 6
	codeLife   = 5 * time.Minute
	codeTries  = 5

	// resendAfter is the time between two codes for one browser, and liveCodes how
	// many unused codes one address may have at a time. Together with codeTries it
	// bounds what can be guessed.
	resendAfter = 10 * time.Second
	liveCodes   = 10
)

// SendCode mails a one-time code to a public officer. It works for five minutes,
// in the browser that asked, until that browser asks for another one. Call it
// before anything of the answer is written: it may set the cookie.
//
// Codes, all on field email: REQUIRED, TOO_LONG, INVALID_FORMAT,
// NOT_PUBLIC_OFFICER, RATE_LIMITED with the time from which it may succeed, and
// UNAVAILABLE when no mail can be sent.
func (s *Service) SendCode(w http.ResponseWriter, r *http.Request, email string) error {
	folded, err := s.officerAddress("email", email)
	if err != nil {
		return err
	}
	session, err := s.store.Get(r, s.store.name)
	if err != nil {
		return err
	}
	if session.ID == "" {
		session.ID = newID()
	}
	session.Values[pendingKey] = folded
	code, err := newCode()
	if err != nil {
		return err
	}
	var id uuid.UUID
	err = s.db.WithTx(access.System(r.Context()), func(ctx context.Context, tx *database.Tx) error {
		if err := s.checkRate(ctx, tx, session, folded); err != nil {
			return err
		}
		if err := s.store.put(ctx, tx, session); err != nil {
			return err
		}
		browser, now := hash(session.ID), s.now()
		row, err := tx.SignInCode.Create().SetEmail(folded).SetBrowser(browser).
			SetHash(s.codeHash(browser, folded, code)).
			SetCreatedAt(now).SetExpiresAt(now.Add(codeLife)).Save(ctx)
		if err != nil {
			return fmt.Errorf("store code: %w", err)
		}
		id = row.ID
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.store.sendCookie(w, session); err != nil {
		return err
	}
	return s.mailCode(r.Context(), id, folded, code)
}

// PendingEmail returns the address to which this browser last had a code sent, or
// "" where it did not or has signed in since.
func (s *Service) PendingEmail(r *http.Request) string {
	session, err := s.store.Get(r, s.store.name)
	if err != nil {
		return ""
	}
	email, _ := session.Values[pendingKey].(string)
	return email
}

// checkRate returns RATE_LIMITED where the browser or the address has had enough
// codes.
func (s *Service) checkRate(ctx context.Context, tx *database.Tx, session *sessions.Session, email string) error {
	if err := s.lockAddress(ctx, tx, email); err != nil {
		return fmt.Errorf("lock address: %w", err)
	}
	now := s.now()
	last, err := newestCode(ctx, tx, hash(session.ID))
	if err != nil && !ent.IsNotFound(err) {
		return err
	}
	if err == nil && last.CreatedAt.Add(resendAfter).After(now) {
		return limited(last.CreatedAt.Add(resendAfter), "A code was sent a moment ago. Look into your mailbox, or ask again in %d seconds.", int(resendAfter.Seconds()))
	}
	live, err := tx.SignInCode.Query().
		Where(signincode.Email(email), signincode.CreatedAtGT(now.Add(-codeLife)), signincode.UsedAtIsNil()).
		Order(signincode.ByCreatedAt()).Limit(liveCodes).All(ctx)
	if err != nil {
		return err
	}
	if len(live) == liveCodes {
		return limited(live[0].ExpiresAt, "Too many codes were sent to this address. Use the newest one, or ask again in %d minutes.", int(codeLife.Minutes()))
	}
	return nil
}

func limited(until time.Time, format string, args ...any) error {
	f := fault.Field("email", fault.RateLimited, format, args...)
	f.RetryAt = &until
	return f
}

// lockAddress lets one transaction at a time count the codes of an address and
// add one. On SQLite there is only one at a time anyway.
func (s *Service) lockAddress(ctx context.Context, tx *database.Tx, email string) error {
	if s.db.Dialect() != dialect.Postgres {
		return nil
	}
	key := int64(binary.BigEndian.Uint64(hash("sign-in code for " + email)))
	return tx.Query(ctx, "SELECT pg_advisory_xact_lock($1)", []any{key}, func(*sql.Rows) error { return nil })
}

// mailCode sends the code. One that was not sent is taken back, so that the
// officer may ask again at once.
func (s *Service) mailCode(ctx context.Context, id uuid.UUID, email, code string) error {
	msg, err := mail.SignInCode(email, code, codeLife)
	if err == nil {
		msg.ID = letters(id) + "@sign-in.techbiz"
		err = s.post(ctx, msg)
	}
	if _, inDoubt := errors.AsType[*mail.InDoubtError](err); err == nil || inDoubt {
		s.log.LogAttrs(ctx, slog.LevelInfo, "code sent", slog.Bool("in_doubt", inDoubt))
		return nil
	}
	// The relay's words may repeat the address, as we wrote it, or what stands before
	// the @.
	local, _, _ := strings.Cut(email, "@")
	cause := strings.NewReplacer(email, "[address]", local, "[address]").Replace(strings.ToLower(err.Error()))
	s.log.LogAttrs(ctx, slog.LevelWarn, "code not sent", slog.String("cause", cause))
	// The caller may have gone; the code has to go as well.
	taken := s.db.WithTx(access.System(context.WithoutCancel(ctx)), func(ctx context.Context, tx *database.Tx) error {
		return tx.SignInCode.DeleteOneID(id).Exec(ctx)
	})
	if taken != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "code not taken back", slog.Any("error", taken))
	}
	if _, refused := errors.AsType[*mail.RefusedError](err); refused {
		return fault.Field("email", fault.InvalidFormat, "No mail can be sent to this address. Check it for mistakes.")
	}
	if fault.CodeOf(err) == fault.Unavailable {
		return fault.Field("email", fault.Unavailable, "The mail cannot be sent at the moment. Try again in a minute.")
	}
	return fmt.Errorf("send code: %w", err)
}

// letters writes an id without digits: no number in the mail's header can be
// taken for the code.
func letters(id uuid.UUID) string {
	var b strings.Builder
	for _, c := range id {
		b.WriteByte('a' + c>>4)
		b.WriteByte('a' + c&15)
	}
	return b.String()
}

// newestCode returns the only code of a browser that counts.
func newestCode(ctx context.Context, tx *database.Tx, browser []byte) (*ent.SignInCode, error) {
	return tx.SignInCode.Query().Where(signincode.Browser(browser)).
		Order(ent.Desc(signincode.FieldCreatedAt, signincode.FieldID)).First(ctx)
}

// newCode returns six random digits; each of the million is as likely.
func newCode() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", fmt.Errorf("make code: %w", err)
	}
	return fmt.Sprintf("%0*d", codeDigits, n), nil
}

// codeHash needs a key: whoever has a copy of the database could try a million
// codes in no time.
func (s *Service) codeHash(browser []byte, email, code string) []byte {
	mac := hmac.New(sha256.New, s.codeKey)
	mac.Write(browser) // of fixed length
	mac.Write([]byte(email + "\x00" + code))
	return mac.Sum(nil)
}
