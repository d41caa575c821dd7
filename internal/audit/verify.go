package audit

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Problem is a kind of finding.
type Problem string

// What can be wrong with the log.
const (
	RecordChanged  Problem = "CHANGED"  // a record is not as it was written
	RecordMissing  Problem = "MISSING"  // a record was removed
	RecordInserted Problem = "INSERTED" // a record was not written by us
	RecordUnsealed Problem = "UNSEALED" // the seal was removed, or sealing was stopped
	BlockChanged   Problem = "BLOCK_CHANGED"
	BlockMissing   Problem = "BLOCK_MISSING"
	ChainCut       Problem = "CUT" // the chain ends before a head that was seen
	PersonChanged  Problem = "PERSON_CHANGED"
	PersonMissing  Problem = "PERSON_MISSING" // removed, and no record says that it was erased
)

// Finding is one thing that is wrong.
type Finding struct {
	Problem Problem
	ID      uuid.UUID // of the record or person; nil for a block
	Block   int       // 0 where no block is known
	Text    string
}

// Summary is what was looked at.
type Summary struct {
	Records, Blocks, Pending, People, Erasures, Findings int
	Head                                                 Head
}

// VerifyOptions say what else to compare with, and how.
type VerifyOptions struct {
	// Heads are those that were seen and kept outside the database.
	Heads []Head
	// Patience is how long a record may wait for its seal; 0 means five minutes.
	Patience time.Duration
}

// defaultPatience is longer than any transaction and any restart takes.
const defaultPatience = 5 * time.Minute

// verifyPage is how many rows are held at a time.
const verifyPage = 1_000

// verification is one run of Verify.
type verification struct {
	*Log
	VerifyOptions
	tell func(Finding)
	sum  Summary
	told map[uuid.UUID]bool // so that each record is named once; bounded
}

// Verify looks at every record, block and person and calls found for each thing
// that is wrong. It needs little memory however long the log is, changes nothing,
// and may run beside a server that writes.
func (l *Log) Verify(ctx context.Context, o VerifyOptions, found func(Finding)) (Summary, error) {
	if o.Patience == 0 {
		o.Patience = defaultPatience
	}
	v := &verification{Log: l, VerifyOptions: o, tell: found, told: map[uuid.UUID]bool{}}
	for _, step := range []func(context.Context) error{v.records, v.before, v.chain, v.unsealed, v.people, v.nameless} {
		if err := step(ctx); err != nil {
			return v.sum, fmt.Errorf("verify: %w", err)
		}
	}
	return v.sum, nil
}

// toldMost bounds how many records are remembered as named.
const toldMost = 100_000

func (v *verification) found(f Finding) {
	if f.ID != uuid.Nil {
		if v.told[f.ID] {
			return
		}
		if len(v.told) < toldMost {
			v.told[f.ID] = true
		}
	}
	v.sum.Findings++
	v.tell(f)
}

// sealed is a record with what the database says of its seal.
type sealed struct {
	record
	block   sql.NullInt64 // of its seal
	present sql.NullInt64 // the same, where that block is there
	pending uuid.NullUUID
}

// records looks at each record by itself.
func (v *verification) records(ctx context.Context) error {
	behind, args := "", []any{verifyPage}
	for {
		var page []sealed
		err := v.db.Query(ctx, `SELECT `+selected+`, s.block, b.id, p.id FROM audit_records r
			LEFT JOIN audit_seals s ON s.id = r.id
			LEFT JOIN audit_blocks b ON b.id = s.block AND b.id >= `+firstBlock+`
			LEFT JOIN audit_pending p ON p.id = r.id
			`+behind+` ORDER BY r.id LIMIT $1`, args, func(rows *sql.Rows) error {
			var s sealed
			err := rows.Scan(append(s.into(), &s.block, &s.present, &s.pending)...)
			page = append(page, s)
			return err
		})
		if err != nil {
			return err
		}
		for i := range page {
			if err := v.record(ctx, &page[i]); err != nil {
				return err
			}
		}
		if len(page) < verifyPage {
			return nil
		}
		behind, args = "WHERE r.id > $2", []any{verifyPage, page[len(page)-1].id}
	}
}

func (v *verification) record(ctx context.Context, s *sealed) error {
	v.sum.Records++
	f := Finding{ID: s.id, Block: int(s.block.Int64)}
	switch {
	case !v.genuine(&s.record):
		was, err := v.entry(ctx, f.Block, s.id)
		if err != nil {
			return err
		}
		f.Problem, f.Text = RecordInserted, "it was not written by us"
		if was {
			f.Problem, f.Text = RecordChanged, "it is not as it was written"
		} else if !s.block.Valid && s.pending.Valid {
			f.Text = "it was not written by us, or was changed before it was sealed"
		}
	case s.block.Valid && !s.present.Valid:
		f.Problem, f.Text = RecordUnsealed, "the block that sealed it was removed"
	case s.block.Valid:
		return nil
	case s.pending.Valid && v.machine().Sub(s.at) < v.Patience:
		v.sum.Pending++
		return nil
	default:
		f.Problem, f.Text = RecordUnsealed, "its seal was removed, or sealing was stopped"
	}
	v.found(f)
	return nil
}

// entry says whether a block seals a record.
func (v *verification) entry(ctx context.Context, seq int, id uuid.UUID) (is bool, err error) {
	b := &block{}
	err = v.db.Query(ctx, `SELECT `+blockColumns+` FROM audit_blocks WHERE id = $1`, []any{seq}, func(r *sql.Rows) error {
		return r.Scan(b.into()...)
	})
	entriesOf(b, func(have uuid.UUID, _ []byte) { is = is || have == id })
	return is, err
}

// blocksPage is how many blocks are read at a time; the largest hold 48 KB.
const blocksPage = 50

// firstBlock is the id of the first block; what stands before it is none of ours.
const firstBlock = "1"

// before finds what is put before the first block, for seals to point to.
func (v *verification) before(ctx context.Context) error {
	return v.db.Query(ctx, `SELECT id FROM audit_blocks WHERE id < `+firstBlock+` ORDER BY id LIMIT $1`, []any{verifyPage}, func(rows *sql.Rows) error {
		f := Finding{Problem: BlockChanged, Text: "the block stands before the first one, and was not written by us"}
		err := rows.Scan(&f.Block)
		v.found(f)
		return err
	})
}

// chain walks the blocks from the first to the last, and compares what they seal
// with what is there.
func (v *verification) chain(ctx context.Context) error {
	last := &block{hash: []byte{}}
	var held []*block // not yet compared with their records
	records := 0
	for {
		var page []*block
		err := v.db.Query(ctx, `SELECT `+blockColumns+` FROM audit_blocks WHERE id > $1 ORDER BY id LIMIT $2`,
			[]any{last.seq, blocksPage}, func(r *sql.Rows) error {
				b := &block{}
				err := r.Scan(b.into()...)
				page = append(page, b)
				return err
			})
		if err != nil {
			return err
		}
		for _, b := range page {
			v.link(last, b)
			last = b
			held, records = append(held, b), records+len(b.entries)/entrySize
			if records >= verifyPage {
				if err := v.compare(ctx, held); err != nil {
					return err
				}
				held, records = nil, 0
			}
		}
		if len(page) < blocksPage {
			break
		}
	}
	v.sum.Head = Head{Block: last.seq, Hash: last.hash}
	for _, h := range v.Heads {
		if h.Block > last.seq {
			v.found(Finding{Problem: ChainCut, Block: h.Block, Text: fmt.Sprintf("the chain ends at block %d, and block %d was seen: its end was cut off", last.seq, h.Block)})
		}
	}
	return v.compare(ctx, held)
}

// link checks a block by itself and against the one before.
func (v *verification) link(last, b *block) {
	v.sum.Blocks++
	for missing := last.seq + 1; missing < b.seq; missing++ {
		v.found(Finding{Problem: BlockMissing, Block: missing, Text: "the block was removed"})
	}
	b.sound = bytes.Equal(b.hash, v.digest(b)) && len(b.entries)%entrySize == 0
	switch {
	case !b.sound:
		v.found(Finding{Problem: BlockChanged, Block: b.seq, Text: "the block is not as it was written"})
	case b.seq == last.seq+1 && !bytes.Equal(b.previous, last.hash):
		v.found(Finding{Problem: BlockChanged, Block: b.seq, Text: "the block before it is another one than it was"})
	case b.seq == last.seq+1 && b.total != last.total+int64(len(b.entries)/entrySize):
		v.found(Finding{Problem: BlockChanged, Block: b.seq, Text: "the block does not count on from the one before"})
	}
	for _, h := range v.Heads {
		if h.Block == b.seq && !bytes.Equal(h.Hash, b.hash) {
			v.found(Finding{Problem: ChainCut, Block: b.seq, Text: "the block is another one than was seen: the chain was cut and written anew"})
		}
	}
}

// place is what a block says of a record.
type place struct {
	block *block
	mac   []byte
}

// compare looks for the records of blocks, and for seals of other records that
// point to them. What a changed block says counts only where no other one does.
func (v *verification) compare(ctx context.Context, blocks []*block) error {
	if len(blocks) == 0 {
		return nil
	}
	want := map[uuid.UUID]place{}
	var args []any
	for _, sound := range []bool{true, false} {
		for _, b := range blocks {
			if b.sound != sound {
				continue
			}
			entriesOf(b, func(id uuid.UUID, mac []byte) {
				if _, twice := want[id]; !twice {
					args = append(args, id)
					want[id] = place{b, mac}
				}
			})
		}
	}
	if err := v.strangers(ctx, want, blocks); err != nil {
		return err
	}
	if len(args) > 0 {
		err := v.db.Query(ctx, `SELECT id, mac FROM audit_records WHERE id IN (`+marks(len(args))+`)`, args, func(r *sql.Rows) error {
			var id uuid.UUID
			var mac []byte
			if err := r.Scan(&id, &mac); err != nil {
				return err
			}
			if p := want[id]; p.block.sound && !bytes.Equal(mac, p.mac) {
				v.found(Finding{Problem: RecordChanged, ID: id, Block: p.block.seq, Text: "it is not as it was sealed"})
			}
			delete(want, id)
			return nil
		})
		if err != nil {
			return err
		}
	}
	for id, p := range want {
		v.found(Finding{Problem: RecordMissing, ID: id, Block: p.block.seq, Text: "it was removed"})
	}
	return nil
}

// strangers finds records whose seal names one of the blocks that does not seal
// them.
func (v *verification) strangers(ctx context.Context, want map[uuid.UUID]place, blocks []*block) error {
	bySeq := map[int]*block{}
	for _, b := range blocks {
		bySeq[b.seq] = b
	}
	args := []any{blocks[0].seq, blocks[len(blocks)-1].seq}
	return v.db.Query(ctx, `SELECT id, block FROM audit_seals WHERE block BETWEEN $1 AND $2`, args, func(r *sql.Rows) error {
		var id uuid.UUID
		var seq int
		if err := r.Scan(&id, &seq); err != nil {
			return err
		}
		if b := bySeq[seq]; b != nil && b.sound && want[id].block != b {
			v.found(Finding{Problem: RecordInserted, ID: id, Block: seq, Text: "its seal is not the block's"})
		}
		return nil
	})
}

// unsealed finds what was removed before it was sealed: its name is still on the
// list of those that wait.
func (v *verification) unsealed(ctx context.Context) error {
	return v.db.Query(ctx, `SELECT p.id FROM audit_pending p LEFT JOIN audit_records r ON r.id = p.id WHERE r.id IS NULL`, nil,
		func(rows *sql.Rows) error {
			var id uuid.UUID
			err := rows.Scan(&id)
			v.found(Finding{Problem: RecordMissing, ID: id, Text: "it was removed before it was sealed"})
			return err
		})
}
