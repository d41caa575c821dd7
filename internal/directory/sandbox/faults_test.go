package sandbox

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"techbiz/internal/fault"
)

func TestParseFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in      string
		want    Faults
		mistake string
	}{
		"nothing is no fault":               {in: " "},
		"all of them":                       {in: "latency=200ms,fail=0.1,lost=0.05,rate=20", want: Faults{Latency: 200 * time.Millisecond, Fail: 0.1, Lost: 0.05, Rate: 20}},
		"blanks are passed over":            {in: " fail = 1 , rate = 1 ", want: Faults{Fail: 1, Rate: 1}},
		"an unknown name":                   {in: "delay=1s", mistake: `not "delay"`},
		"an empty part":                     {in: "fail=0.1,", mistake: `not ""`},
		"a latency without a unit":          {in: "latency=200", mistake: `not "200"`},
		"a latency too long":                {in: "latency=2m", mistake: "up to 1m"},
		"a negative latency":                {in: "latency=-1s", mistake: "up to 1m"},
		"a share above one":                 {in: "fail=10", mistake: "between 0 and 1"},
		"a share that is no number":         {in: "lost=NaN", mistake: "between 0 and 1"},
		"a name without a value":            {in: "lost", mistake: `not ""`},
		"shares that are too much together": {in: "fail=0.6,lost=0.6", mistake: "together"},
		"a rate of none":                    {in: "rate=0", mistake: "between 1 and"},
		"a name twice":                      {in: "rate=1,rate=2", mistake: "twice"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseFaults(c.in)
			if (err == nil) != (c.mistake == "") || err != nil && !strings.Contains(err.Error(), c.mistake) {
				t.Fatalf("got %v, want %q", err, c.mistake)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Fatalf("-want +got\n%s", diff)
			}
		})
	}
}

func TestGate_DrawsDecide(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		draw   float64
		worked bool
		code   fault.Code
	}{
		"a low draw fails before anything is done": {draw: 0.1, code: fault.Unavailable},
		"the next ones lose the answer":            {draw: 0.25, worked: true, code: fault.Unavailable},
		"the rest is fine":                         {draw: 0.35, worked: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			worked := false
			g := newGate(Faults{Fail: 0.2, Lost: 0.1, Chance: func() float64 { return c.draw }}, nil)
			err := g.pass(t.Context(), func() error { worked = true; return nil })
			equal(t, c.worked, worked)
			if (err != nil) != (c.code != "") || err != nil && fault.CodeOf(err) != c.code {
				t.Fatalf("got %v, want %q", err, c.code)
			}
		})
	}
}

func TestGate_WhatHasNoCodeIsUnavailable(t *testing.T) {
	t.Parallel()
	cause := errors.New("the disk is full")
	err := newGate(Faults{}, nil).pass(t.Context(), func() error { return cause })
	hasCode(t, err, fault.Unavailable)
	if !errors.Is(err, cause) {
		t.Fatal("the cause is lost")
	}
}

func TestGate_LetsSoManyInASecond(t *testing.T) {
	t.Parallel()
	now := start
	g := newGate(Faults{Rate: 2}, func() time.Time { return now })
	pass := func() error { return g.pass(t.Context(), func() error { return nil }) }
	ok := func() {
		t.Helper()
		if err := pass(); err != nil {
			t.Fatal(err)
		}
	}
	ok()
	now = now.Add(600 * time.Millisecond)
	ok()
	err := pass()
	hasCode(t, err, fault.Throttled)
	equal(t, start.Add(time.Second), *fault.Of(err)[0].RetryAt)
	now = start.Add(time.Second)
	ok()
	hasCode(t, pass(), fault.Throttled)
}

func TestGate_LatencyEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(Faults{Latency: time.Second}, nil)
		begin := time.Now()
		if err := g.pass(t.Context(), func() error { return nil }); err != nil {
			t.Fatal(err)
		}
		equal(t, time.Second, time.Since(begin))

		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		err := g.pass(ctx, func() error { t.Error("worked"); return nil })
		hasCode(t, err, fault.Unavailable)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v", err)
		}
	})
}
