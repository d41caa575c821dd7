package seal_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"techbiz/internal/seal"
)

const number = "+6591234567"

func generate(t testing.TB) *seal.Set {
	t.Helper()
	s, err := seal.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func rotate(t *testing.T, s *seal.Set) *seal.Set {
	t.Helper()
	next, err := s.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	return next
}

func sealed(t *testing.T, k *seal.Keys, row uuid.UUID) string {
	t.Helper()
	s, err := k.Seal(number, row)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSeal(t *testing.T) {
	t.Parallel()
	k := seal.New(generate(t))
	row := uuid.New()
	s := sealed(t, k, row)
	if strings.Contains(s, "91234567") || s == sealed(t, k, row) {
		t.Errorf("sealed twice as %s", s)
	}
	if id, ok := seal.KeyOf(s); !ok || id != k.InUse().Data {
		t.Errorf("key of %s: %s, %v", s, id, ok)
	}
	if got, err := k.Open(s, row); err != nil || got != number {
		t.Errorf("opened: %q, %v", got, err)
	}
	for name, text := range map[string]string{"damaged": s[:len(s)-2] + "AA", "not base64": s[:len(s)-1] + "*"} {
		if got, err := k.Open(text, row); err == nil {
			t.Errorf("%s: opened as %q", name, got)
		}
	}
	if got, err := k.Open(s, uuid.New()); err == nil {
		t.Errorf("opened in another row as %q", got)
	}
	if got, err := seal.New(generate(t)).Open(s, row); err == nil {
		t.Errorf("opened with other keys as %q", got)
	}
}

// What was typed before there were keys is no sealed text, whatever it begins with.
func TestOpen_WhatWasNeverSealed(t *testing.T) {
	t.Parallel()
	k := seal.New(generate(t))
	for _, typed := range []string{"", "9123 4567", number, "~", "~0a1b2c3d", "~9123 4567 is my number and this text goes on and on"} {
		if got, err := k.Open(typed, uuid.New()); err != nil || got != typed {
			t.Errorf("%q: %q, %v", typed, got, err)
		}
	}
	if got, err := k.Seal("", uuid.New()); err != nil || got != "" {
		t.Errorf("nothing, sealed: %q, %v", got, err)
	}
}

func TestKeys_Nil(t *testing.T) {
	t.Parallel()
	var k *seal.Keys
	if _, err := k.Seal(number, uuid.New()); err == nil {
		t.Error("sealed without keys")
	}
	if _, err := k.Index(number); err == nil {
		t.Error("indexed without keys")
	}
	if _, err := k.Digest([]byte("x")); err == nil {
		t.Error("digested without keys")
	}
	if x, err := k.Index(""); err != nil || x != (seal.Index{}) {
		t.Errorf("index of nothing: %v, %v", x, err)
	}
}

func TestSet_TextRoundTrip(t *testing.T) {
	t.Parallel()
	s := rotate(t, generate(t))
	text, err := s.Text()
	if err != nil || bytes.Count(text, []byte("\n")) != 1 {
		t.Fatalf("%v, %s", err, text)
	}
	again, err := seal.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(again.All(), again.Newest()) != fmt.Sprint(s.All(), s.Newest()) {
		t.Errorf("%v became %v", s.All(), again.All())
	}
	row := uuid.New()
	if got, err := seal.New(again).Open(sealed(t, seal.New(s), row), row); err != nil || got != number {
		t.Errorf("opened: %q, %v", got, err)
	}
	for _, wrong := range []string{"", "{}", `{"data":{},"index":{}}`, "secret", string(text[:len(text)/2])} {
		if _, err := seal.Parse([]byte(wrong)); err == nil || wrong != "" && strings.Contains(err.Error(), wrong) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

// Who has the old keys and who has both find each other's numbers, and so do who
// has both and who has the new ones: at each step of a rotation at most two of the
// three run.
func TestIndex_Rotation(t *testing.T) {
	t.Parallel()
	for range 20 { // ids are random
		old := generate(t)
		both := rotate(t, old)
		use := seal.InUse{Data: old.Newest().Data, Index: old.Newest().Index}
		first, second := seal.New(old), seal.New(both)
		if err := second.Use(both, use, nil); err != nil {
			t.Fatal(err)
		}
		a, b := index(t, first), index(t, second)
		if shared(a, b) != 1 || filled(a) != 1 || filled(b) != 2 {
			t.Fatalf("old %v, both %v", a, b)
		}
		if err := second.Use(both, both.Newest(), nil); err != nil {
			t.Fatal(err)
		}
		only, err := both.Retire(both.Newest())
		if err != nil {
			t.Fatal(err)
		}
		third := seal.New(only)
		c, d := index(t, second), index(t, third)
		if c != d || filled(c) != 1 || shared(b, c) != 1 || shared(a, d) != 0 {
			t.Fatalf("both %v, then %v, new %v", b, c, d)
		}
		if found, err := second.Find(number); err != nil || filled(found) != 2 {
			t.Errorf("found by %v, %v", found, err)
		}
		if err := first.Use(old, both.Newest(), nil); err == nil {
			t.Error("used keys that the set has not")
		}
		if _, err := both.Rotate(); err == nil {
			t.Error("rotated before the old keys were retired")
		}
	}
}

func index(t *testing.T, k *seal.Keys) seal.Index {
	t.Helper()
	x, err := k.Index(number)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func shared(a, b seal.Index) (n int) {
	for i := range a {
		if a[i] != "" && a[i] == b[i] {
			n++
		}
	}
	return n
}

func filled(x seal.Index) int { return shared(x, x) }

func TestUse_Lease(t *testing.T) {
	t.Parallel()
	s := generate(t)
	k := seal.New(s)
	now := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	if err := k.Use(s, s.Newest(), seal.Lease(time.Minute, func() time.Time { return now })); err != nil {
		t.Fatal(err)
	}
	row := uuid.New()
	kept := sealed(t, k, row)
	now = now.Add(time.Minute)
	if _, err := k.Seal(number, row); err == nil {
		t.Error("sealed after the lease")
	}
	if _, err := k.Index(number); err == nil {
		t.Error("indexed after the lease")
	}
	if got, err := k.Open(kept, row); err != nil || got != number {
		t.Errorf("opened: %q, %v", got, err)
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	old := generate(t)
	k := seal.New(old)
	first, err := k.Digest([]byte("input"))
	if err != nil {
		t.Fatal(err)
	}
	both := rotate(t, old)
	if err := k.Use(both, both.Newest(), nil); err != nil {
		t.Fatal(err)
	}
	now, err := k.Digest([]byte("input"))
	if err != nil || bytes.Equal(now, first) {
		t.Errorf("%x, %v", now, err)
	}
	if like, err := k.DigestLike(first, []byte("input")); err != nil || !bytes.Equal(like, first) {
		t.Errorf("%x became %x, %v", first, like, err)
	}
	if like, err := seal.New(generate(t)).DigestLike(first, []byte("input")); err != nil || like != nil {
		t.Errorf("with other keys: %x, %v", like, err)
	}
}

// BenchmarkSeal seals and indexes the numbers of the longest list.
func BenchmarkSeal(b *testing.B) {
	k := seal.New(generate(b))
	const users = 10_000
	rows, numbers := make([]uuid.UUID, users), make([]string, users)
	for i := range rows {
		rows[i], numbers[i] = uuid.New(), fmt.Sprintf("+658%07d", i)
	}
	b.ReportAllocs()
	for b.Loop() {
		for i, n := range numbers {
			if _, err := k.Seal(n, rows[i]); err != nil {
				b.Fatal(err)
			}
			if _, err := k.Index(n); err != nil {
				b.Fatal(err)
			}
		}
	}
}
