package workbook

import "io"

const (
	// aheadBlock is how much is read ahead at a time, and aheadBlocks how many such
	// blocks there are at most.
	aheadBlock  = 64 << 10
	aheadBlocks = 3
)

// ahead reads a source on another goroutine, so that a part is unzipped while what
// came before is looked at. Close ends that goroutine and waits for its end: what
// it has noticed can be relied on then.
type ahead struct {
	full  chan block
	empty chan []byte
	stop  chan struct{}
	ended chan struct{}

	now  block
	used int
}

// block is what one read of the source gave.
type block struct {
	bytes []byte
	err   error
}

func newAhead(r io.Reader) *ahead {
	a := &ahead{
		full: make(chan block, aheadBlocks), empty: make(chan []byte, aheadBlocks),
		stop: make(chan struct{}), ended: make(chan struct{}),
	}
	go a.fill(r)
	return a
}

func (a *ahead) fill(r io.Reader) {
	defer close(a.ended)
	for made := 0; ; {
		var b []byte
		if made < aheadBlocks && len(a.empty) == 0 {
			b = make([]byte, aheadBlock)
			made++
		} else {
			select {
			case b = <-a.empty:
			case <-a.stop:
				return
			}
		}
		next := fillBlock(r, b)
		select {
		case a.full <- next:
		case <-a.stop:
			return
		}
		if next.err != nil {
			return
		}
	}
}

// fillBlock reads until the block is full or the source has an error.
func fillBlock(r io.Reader, b []byte) block {
	n, idle := 0, 0
	for n < len(b) {
		m, err := r.Read(b[n:])
		if n += m; err != nil {
			return block{b[:n], err}
		}
		if m > 0 {
			idle = 0
		} else if idle++; idle == 100 {
			return block{b[:n], io.ErrNoProgress}
		}
	}
	return block{bytes: b}
}

// Read is the source's, a little later. After an error there is no more.
func (a *ahead) Read(p []byte) (int, error) {
	for a.used == len(a.now.bytes) {
		if a.now.err != nil {
			return 0, a.now.err
		}
		if a.now.bytes != nil {
			a.empty <- a.now.bytes[:aheadBlock]
		}
		a.now, a.used = <-a.full, 0
	}
	n := copy(p, a.now.bytes[a.used:])
	a.used += n
	return n, nil
}

// Close ends the reading.
func (a *ahead) Close() {
	close(a.stop)
	<-a.ended
}
