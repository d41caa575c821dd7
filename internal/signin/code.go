package signin

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/sessions"

	"techbiz/ent"
	"techbiz/ent/officer"
	"techbiz/ent/officeridentity"
	"techbiz/ent/signincode"
	"techbiz/internal/access"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/mail"
)

const (
	codeDigits = 6
	codeLife   = 5 * time.Minute
	codeTries  = 5
)

// SendCode mails a one-time code to a public officer. It works for five minutes,
// in the browser that asked, until that browser asks for another one. Call it
// before anything of the answer is written: it may set the cookie.
//
// Whether anybody has the address makes no difference to the answer: not an
// officer who is not known yet, not a mailbox that the relay refuses, and not an
// officer who signs in at the provider and gets a mail that says so.
//
// Codes, all on field email: REQUIRED, TOO_LONG, INVALID_FORMAT,
// NOT_PUBLIC_OFFICER, RATE_LIMITED with the time from which it may succeed, and
// UNAVAILABLE when no mail can be sent; FORBIDDEN where no codes are sent, or not
// from here.
func (s *Service) SendCode(w http.ResponseWriter, r *http.Request, email string) error {
	if err := s.offersCodes(r.Context()); err != nil {
		return err
	}
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
	id, atProvider, err := s.storeCode(r.Context(), session, folded, code)
	if err != nil {
		return err
	}
	if err := s.store.sendCookie(w, session); err != nil {
		return err
	}
	msg, err := mail.SignInCode(folded, code, codeLife)
	if atProvider {
		msg, err = mail.NoSignInCode(folded, s.ProviderName())
	}
	if err != nil {
		return fmt.Errorf("write the mail: %w", err)
	}
	return s.mailCode(r.Context(), id, msg)
}

// storeCode keeps the code for the browser with this session, unless too many were
// asked for. For an officer who signs in at the provider it keeps one that nobody can
// enter: it counts for the limits as any other does.
func (s *Service) storeCode(ctx context.Context, session *sessions.Session, email, code string) (id uuid.UUID, atProvider bool, err error) {
	err = s.db.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) error {
		if err := s.checkRate(ctx, tx, email); err != nil {
			return err
		}
		if err := s.store.put(ctx, tx, session); err != nil {
			return err
		}
		if atProvider, err = s.signsInAtProvider(ctx, tx, email); err != nil {
			return err
		}
		browser, now := hash(session.ID), s.now()
		codeHash := s.codeHash(browser, email, code)
		if atProvider {
			codeHash = hash(newID()) // no code has this hash
		}
		row, err := tx.SignInCode.Create().SetEmail(email).SetBrowser(browser).
			SetNetwork(s.networkHash(ctx)).SetHash(codeHash).
			SetCreatedAt(now).SetExpiresAt(now.Add(codeLife)).Save(ctx)
		if err != nil {
			return fmt.Errorf("store code: %w", err)
		}
		id = row.ID
		return s.audit.Record(ctx, tx, audit.Event{Type: audit.SignInCodeSent, Actor: nobody, Person: email})
	})
	return id, atProvider, err
}

// signsInAtProvider says whether an officer has signed in at the provider. Such an
// officer gets no codes: a mailbox would stand in for what the provider asks for,
// and whoever has the address next would be that officer.
func (s *Service) signsInAtProvider(ctx context.Context, tx *database.Tx, email string) (bool, error) {
	if s.provider == nil {
		return false, nil
	}
	return tx.OfficerIdentity.Query().
		Where(officeridentity.Issuer(s.provider.Issuer()), officeridentity.HasOfficerWith(officer.Email(email))).Exist(ctx)
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

// mailCode sends the mail with the code. One that was not sent is taken back, so
// that the officer may ask again at once.
func (s *Service) mailCode(ctx context.Context, id uuid.UUID, msg mail.Message) error {
	msg.ID = letters(id) + "@sign-in.techbiz"
	err := s.post(ctx, msg)
	if _, inDoubt := errors.AsType[*mail.InDoubtError](err); err == nil || inDoubt {
		s.log.LogAttrs(ctx, slog.LevelInfo, "code sent", slog.Bool("in_doubt", inDoubt))
		return nil
	}
	// The relay's words may repeat the address, as we wrote it, or what stands before
	// the @.
	local, _, _ := strings.Cut(msg.To, "@")
	cause := strings.NewReplacer(msg.To, "[address]", local, "[address]").Replace(strings.ToLower(err.Error()))
	s.log.LogAttrs(ctx, slog.LevelWarn, "code not sent", slog.String("cause", cause))
	if _, refused := errors.AsType[*mail.RefusedError](err); refused {
		return nil // the answer must not say which mailboxes there are
	}
	// The caller may have gone; the code has to go as well.
	taken := s.db.WithTx(access.System(context.WithoutCancel(ctx)), func(ctx context.Context, tx *database.Tx) error {
		return tx.SignInCode.DeleteOneID(id).Exec(ctx)
	})
	if taken != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "code not taken back", slog.Any("error", taken))
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
