// Package seal keeps contact numbers unreadable in the database.
//
// A number is stored sealed: encrypted by AES-256-GCM under a key that is not in
// the database, and bound to its row, so that a value copied to another row does
// not open there. What is unique or looked for goes by a blind index: the number's
// HMAC-SHA256 under a key of its own, which says nothing to whoever lacks that
// key. Every value names its key, and so keys can be exchanged while programs
// with the old ones and the new ones run side by side (docs/privacy.md).
//
// The package knows neither database nor files: a [Set] is what a file or a secret
// store holds, and [Keys] are a set at work.
package seal

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// ID names a key. It stands in every value that was made with it.
type ID uint32

// String is eight hexadecimal digits, as the values have them.
func (id ID) String() string { return fmt.Sprintf("%08x", uint32(id)) }

// ParseID reads what String writes.
func ParseID(s string) (ID, error) {
	raw, err := hex.DecodeString(s)
	if err != nil || len(raw) != 4 {
		return 0, fmt.Errorf("%q is no id of a key", s)
	}
	return ID(binary.BigEndian.Uint32(raw)), nil
}

// Slots is how many blind indexes a row has room for. The keys of the index take
// turns in them: a key's slot is the last bit of its id, and two keys that are used
// side by side differ in it.
const Slots = 2

// Slot is where a row keeps the index under the key.
func (id ID) Slot() int { return int(id % Slots) }

// InUse says which keys values are made with. All programs on one database agree
// on it.
type InUse struct {
	Data, Index ID
}

// Keys are a set at work. They are safe for concurrent use; nil has no key, and
// seals nothing.
type Keys struct{ now atomic.Pointer[atWork] }

type atWork struct {
	set   *Set
	use   InUse
	until func() bool // nil: for ever
}

// ErrNoKeys is what is returned where there is no key, or not the one that is
// needed.
var ErrNoKeys = errors.New("seal: there are no data keys")

// errLapsed stops a program that was cut off for so long that the others may have
// taken its keys out of use.
var errLapsed = errors.New("seal: the keys in use were not confirmed for too long")

// New puts a set to work with its own newest keys.
func New(set *Set) *Keys {
	k := &Keys{}
	k.now.Store(&atWork{set: set, use: set.Newest()})
	return k
}

// Use changes the set and the keys that values are made with. valid, if any, says
// whether that still holds; once it does not, nothing is sealed until the next
// Use. The set has to have the keys.
func (k *Keys) Use(set *Set, use InUse, valid func() bool) error {
	if !set.Has(use) {
		return fmt.Errorf("%w of the database, %s and %s: this is another database's keyset, or an old one; put back the copy of the one in use", ErrNoKeys, use.Data, use.Index)
	}
	k.now.Store(&atWork{set: set, use: use, until: valid})
	return nil
}

// Lease is a validity of that length, from now on, by a clock that never stands
// still.
func Lease(length time.Duration, now func() time.Time) func() bool {
	end := now().Add(length)
	return func() bool { return now().Before(end) }
}

// InUse says which keys values are made with.
func (k *Keys) InUse() InUse {
	if w := k.at(); w != nil {
		return w.use
	}
	return InUse{}
}

// Set is the set at work, nil where there is none.
func (k *Keys) Set() *Set {
	if w := k.at(); w != nil {
		return w.set
	}
	return nil
}

func (k *Keys) at() *atWork {
	if k == nil {
		return nil
	}
	return k.now.Load()
}

// mark begins every sealed text: nothing that a person types does so and goes on
// as a sealed text does.
const mark = "~"

// idLength is the length of a key's id in a value.
const idLength = 8

// prefixLength is what the library puts before a ciphertext: a byte for its form
// and the key's id.
const prefixLength = 5

// form is that byte.
const form = 1

var encoding = base64.RawURLEncoding

// Seal encrypts text for a row. Empty text stays empty.
func (k *Keys) Seal(text string, row uuid.UUID) (string, error) {
	if text == "" {
		return "", nil
	}
	w := k.at()
	switch {
	case w == nil:
		return "", ErrNoKeys
	case w.until != nil && !w.until():
		return "", errLapsed
	}
	sealed, err := w.set.data[w.use.Data].Encrypt([]byte(text), row[:])
	if err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	out := make([]byte, 0, len(mark)+idLength+encoding.EncodedLen(len(sealed)-prefixLength))
	out = append(out, mark...)
	out = hex.AppendEncode(out, sealed[1:prefixLength])
	return string(encoding.AppendEncode(out, sealed[prefixLength:])), nil
}

// Open decrypts what Seal made for the row. What was never sealed, by the version
// of the program before there were keys, is returned as it is.
func (k *Keys) Open(sealed string, row uuid.UUID) (string, error) {
	id, ok := KeyOf(sealed)
	if !ok {
		return sealed, nil
	}
	w := k.at()
	if w == nil || w.set.data[id] == nil {
		return "", fmt.Errorf("%w with the id %s", ErrNoKeys, id)
	}
	raw := make([]byte, prefixLength, prefixLength+encoding.DecodedLen(len(sealed)))
	raw[0] = form
	binary.BigEndian.PutUint32(raw[1:], uint32(id))
	raw, err := encoding.AppendDecode(raw, []byte(sealed[len(mark)+idLength:]))
	if err != nil {
		return "", fmt.Errorf("seal: a sealed text is damaged: %w", err)
	}
	text, err := w.set.data[id].Decrypt(raw, row[:])
	if err != nil {
		return "", fmt.Errorf("seal: a sealed text is damaged, or another row's: %w", err)
	}
	return string(text), nil
}

// shortest is the length of the shortest sealed text: nonce, one byte and tag.
const shortest = len(mark) + idLength + (12+1+16)*4/3

// KeyOf is the key that a text was sealed with, and false where it was not sealed.
func KeyOf(sealed string) (ID, bool) {
	rest, ok := strings.CutPrefix(sealed, mark)
	if !ok || len(sealed) < shortest {
		return 0, false
	}
	id, err := ParseID(rest[:idLength])
	return id, err == nil
}

// Index is a number's blind index in each slot, "" in a slot whose key is not
// there or not used any more.
type Index [Slots]string

// indexLength is how many bytes of the HMAC are kept: 128 bits, of which no two
// numbers have the same.
const indexLength = 16

// Index returns what is stored so that the number can be looked for: under the key
// in use, and under the next one as soon as this program has it. No number has no
// index.
func (k *Keys) Index(number string) (Index, error) {
	return k.index(number, func(w *atWork) []ID { return w.set.from(w.use.Index) })
}

// Find returns by what a stored number is found: what was written with any key
// that this program has.
func (k *Keys) Find(number string) (Index, error) {
	return k.index(number, func(w *atWork) []ID { return w.set.order })
}

func (k *Keys) index(number string, which func(*atWork) []ID) (Index, error) {
	var x Index
	if number == "" {
		return x, nil
	}
	w := k.at()
	switch {
	case w == nil:
		return x, ErrNoKeys
	case w.until != nil && !w.until():
		return x, errLapsed
	}
	for _, id := range which(w) {
		raw, err := w.set.index[id].ComputePRF([]byte(number), indexLength)
		if err != nil {
			return x, fmt.Errorf("seal: index: %w", err)
		}
		out := make([]byte, 0, idLength+encoding.EncodedLen(indexLength))
		out = hex.AppendEncode(out, binary.BigEndian.AppendUint32(nil, uint32(id)))
		x[id.Slot()] = string(encoding.AppendEncode(out, raw))
	}
	return x, nil
}

// Digest is a keyed hash of a call's input, by which the same call is known again
// and from which nobody can try out what the input was. It begins with the key's
// id, and is made with the key in use.
func (k *Keys) Digest(input []byte) ([]byte, error) {
	return k.digest(k.InUse().Index, input)
}

// DigestLike is the digest with the key that an older one was made with, nil where
// that key is gone.
func (k *Keys) DigestLike(old, input []byte) ([]byte, error) {
	id, ok := DigestKey(old)
	if w := k.at(); !ok || w == nil || w.set.index[id] == nil {
		return nil, nil
	}
	return k.digest(id, input)
}

// DigestKey is the key that a digest was made with; false where it is none.
func DigestKey(digest []byte) (ID, bool) {
	if len(digest) != 4+indexLength {
		return 0, false
	}
	return ID(binary.BigEndian.Uint32(digest)), true
}

// digestDomain keeps digests apart from indexes.
const digestDomain = "input\x00"

func (k *Keys) digest(id ID, input []byte) ([]byte, error) {
	w := k.at()
	if w == nil {
		return nil, ErrNoKeys
	}
	raw, err := w.set.index[id].ComputePRF(append([]byte(digestDomain), input...), indexLength)
	if err != nil {
		return nil, fmt.Errorf("seal: digest: %w", err)
	}
	return append(binary.BigEndian.AppendUint32(nil, uint32(id)), raw...), nil
}
