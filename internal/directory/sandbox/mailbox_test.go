package sandbox

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/mail"
)

func (s *fixture) put(t testing.TB, msgs ...mail.Message) {
	t.Helper()
	err := s.db.WithTx(t.Context(), func(ctx context.Context, tx *database.Tx) error { return s.Put(ctx, tx, msgs...) })
	if err != nil {
		t.Fatal(err)
	}
}

func message(id, to string) mail.Message {
	return mail.Message{
		ID: id, To: to, Subject: "Welcome", Text: "text", HTML: "<p>html</p>",
		Links: []string{"https://portal.example/a?b=1&c=2", "https://portal.example/d"},
	}
}

func TestMailbox_KeepsAMessageOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *fixture) {
		m := message("1@portal", "Mei@Agency.gov.sg")
		bare := mail.Message{ID: "2@portal", To: "other@agency.gov.sg"}
		s.put(t)
		s.put(t, m, bare)
		s.advance(t, 1)
		s.put(t, m)
		mails, total, err := s.Mails(t.Context(), " mei@agency.GOV.sg", 0)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, 1, total)
		got, err := s.Mail(t.Context(), mails[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, mails[0], got)
		equal(t, Mail{ID: got.ID, To: m.To, Subject: m.Subject, Text: m.Text, HTML: m.HTML, Links: m.Links, SentAt: start}, got)
		mails, _, err = s.Mails(t.Context(), bare.To, 0)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, []string{}, mails[0].Links)
	})
}

func TestMailbox_GoesWithTheTransaction(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *fixture) {
		broken := errors.New("broken")
		err := s.db.WithTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
			if err := s.Put(ctx, tx, message("1@portal", "a@agency.gov.sg")); err != nil {
				return err
			}
			return broken
		})
		if !errors.Is(err, broken) {
			t.Fatal(err)
		}
		if _, total, err := s.Mails(t.Context(), "", 1); err != nil || total != 0 {
			t.Fatalf("got %d, %v", total, err)
		}
		err = s.db.WithTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
			return s.Put(ctx, tx, mail.Message{To: "a@agency.gov.sg"})
		})
		if err == nil {
			t.Fatal("a message without a Message-ID went in")
		}
	})
}

func TestMailbox_ListsTheNewestFirst(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *fixture) {
		for n := range 5 {
			s.put(t, message(fmt.Sprint(n), fmt.Sprintf("p%d@agency.gov.sg", n/2)))
			if n == 2 {
				s.advance(t, 1)
			}
		}
		for name, c := range map[string]struct {
			to    string
			limit int
			want  []string
			total int
		}{
			"all":                      {"", 0, []string{"p2", "p1", "p1", "p0", "p0"}, 5},
			"a few of all":             {"", 2, []string{"p2", "p1"}, 5},
			"of one address":           {"P1@agency.gov.sg", 10, []string{"p1", "p1"}, 2},
			"part of an address":       {"p1", 10, []string{}, 0},
			"a letter that is special": {"p_@agency.gov.sg", 10, []string{}, 0},
		} {
			mails, total, err := s.Mails(t.Context(), c.to, c.limit)
			if err != nil {
				t.Fatal(err)
			}
			got := []string{}
			for i, m := range mails {
				got = append(got, m.To[:2])
				if i > 0 && m.SentAt.After(mails[i-1].SentAt.Add(time.Nanosecond)) {
					t.Errorf("%s: out of order", name)
				}
			}
			equal(t, c.want, got)
			equal(t, c.total, total)
		}
		for _, id := range []string{"no id", "019ab000-0000-7000-8000-000000000000"} {
			_, err := s.Mail(t.Context(), id)
			hasCode(t, err, fault.NotFound)
		}
	})
}

func BenchmarkPut500(b *testing.B) {
	eachBench(b, func(b *testing.B, s *fixture) {
		msgs := make([]mail.Message, 500)
		n := 0
		for b.Loop() {
			for i := range msgs {
				n++
				msgs[i] = message(fmt.Sprint(n), fmt.Sprintf("p%d@agency.gov.sg", n))
			}
			s.put(b, msgs...)
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "mails/s")
	})
}
