package audit

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/golang-lru/v2/simplelru"

	"techbiz/internal/access"
	"techbiz/internal/origin"
)

const (
	// refusalsKept is how many refusals alike have a record of their own in
	// refusalsSpan; the next record says how many more there were. Whoever knocks a
	// thousand times a second must not fill the log.
	refusalsKept = 10
	refusalsSpan = time.Minute
	// refusalsAlike is how many kinds of refusals are told apart.
	refusalsAlike = 10_000
)

// refusals bounds how many refusals are recorded, in this process.
type refusals struct {
	mu   sync.Mutex
	seen *simplelru.LRU[refusal, *counted]
}

// refusal is what makes refusals alike. Those at different officers' doors are not:
// each officer's log has the officer's own. An address that is no officer's does not
// tell them apart, or whoever invents addresses would fill the log.
type refusal struct {
	kind         Type
	actor, owner uuid.UUID
	address, why string
}

type counted struct {
	since         time.Time
	kept, leftOut int
}

func newRefusals() *refusals {
	seen, err := simplelru.NewLRU[refusal, *counted](refusalsAlike, nil)
	if err != nil {
		panic(err) // only with a size below one
	}
	return &refusals{seen: seen}
}

// keep says whether a refusal is to be recorded, and how many before it were not.
func (r *refusals) keep(key refusal, now time.Time) (before int, keep bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.seen.Get(key)
	if !ok {
		c = &counted{since: now}
		r.seen.Add(key, c)
	}
	if now.Sub(c.since) >= refusalsSpan {
		c.since, c.kept = now, 0
	}
	if c.kept >= refusalsKept {
		c.leftOut++
		return 0, false
	}
	c.kept++
	before, c.leftOut = c.leftOut, 0
	return before, true
}

// Refused records that something was refused. The caller's answer does not wait for
// more than that, and stays the same where it fails: then it is logged.
func (l *Log) Refused(ctx context.Context, e Event) {
	if l == nil {
		return
	}
	actor, _ := access.From(ctx)
	if e.Actor != nil {
		actor = *e.Actor
	}
	key := refusal{kind: e.Type, actor: actor.OfficerID, owner: e.Owner, address: origin.From(ctx).String(), why: e.Detail.Code + " " + e.Detail.What}
	before, keep := l.refusals.keep(key, l.machine())
	if !keep {
		return
	}
	e.Detail.Before = before
	if err := l.Note(ctx, e); err != nil {
		l.log.ErrorContext(ctx, "a refusal is not recorded", "error", err)
	}
}
