package seal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Set is what a key file holds: a Tink keyset that encrypts and one that makes the
// blind index, each with one key, or with the old one and the new one. A set never
// changes; what changes it returns another.
type Set struct {
	handles [2]*keyset.Handle
	data    map[ID]tink.AEAD
	index   map[ID]prf.PRF
	newest  InUse
	order   []ID // keys of the index, the oldest first
}

// Kinds of key, and what each is made of.
const (
	dataKey = iota
	indexKey
)

var templates = [2]func() *tinkpb.KeyTemplate{dataKey: aead.AES256GCMKeyTemplate, indexKey: prf.HMACSHA256PRFKeyTemplate}

// Generate makes a new set with one key of each kind.
func Generate() (*Set, error) {
	var handles [2]*keyset.Handle
	for kind, template := range templates {
		h, err := keyset.NewHandle(template())
		if err != nil {
			return nil, fmt.Errorf("make data keys: %w", err)
		}
		handles[kind] = h
	}
	return newSet(handles)
}

// file is the text of a set.
type file struct {
	Data  json.RawMessage `json:"data"`
	Index json.RawMessage `json:"index"`
}

// errForm never quotes what it could not read.
var errForm = errors.New("the data keys are not what `techbiz keys create` prints")

// Parse reads what Text writes. Its errors never quote the text.
func Parse(text []byte) (*Set, error) {
	var f file
	if err := json.Unmarshal(text, &f); err != nil || f.Data == nil || f.Index == nil {
		return nil, errForm
	}
	var handles [2]*keyset.Handle
	for kind, raw := range [2]json.RawMessage{dataKey: f.Data, indexKey: f.Index} {
		h, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(raw)))
		if err != nil {
			return nil, errForm
		}
		handles[kind] = h
	}
	return newSet(handles)
}

// Text is the set as one line, with the keys in clear: for a file or a secret store
// only.
func (s *Set) Text() ([]byte, error) {
	var raw [2]json.RawMessage
	for kind, h := range s.handles {
		var b bytes.Buffer
		if err := insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&b)); err != nil {
			return nil, fmt.Errorf("write data keys: %w", err)
		}
		raw[kind] = b.Bytes()
	}
	text, err := json.Marshal(file{Data: raw[dataKey], Index: raw[indexKey]})
	if err != nil {
		return nil, fmt.Errorf("write data keys: %w", err)
	}
	return append(text, '\n'), nil
}

// newSet makes what the keys do. A set has at most two keys of a kind, and those of
// the index have different slots.
func newSet(handles [2]*keyset.Handle) (*Set, error) {
	s := &Set{handles: handles, data: map[ID]tink.AEAD{}, index: map[ID]prf.PRF{}}
	prfs, err := prf.NewPRFSet(handles[indexKey])
	if err != nil {
		return nil, errForm
	}
	for id, p := range prfs.PRFs {
		s.index[ID(id)] = p
	}
	for _, id := range ids(handles[dataKey]) {
		if s.data[id], err = single(handles[dataKey], id); err != nil {
			return nil, errForm
		}
		s.newest.Data = id
	}
	s.order = ids(handles[indexKey])
	s.newest.Index = s.order[len(s.order)-1]
	if len(s.data) > 2 || len(s.order) > 2 || len(s.order) == 2 && s.order[0].Slot() == s.order[1].Slot() {
		return nil, errForm
	}
	return s, nil
}

// single is the primitive that encrypts with one key of a keyset: which one is
// used the database says, and not the file.
func single(h *keyset.Handle, id ID) (tink.AEAD, error) {
	m := keyset.NewManagerFromHandle(h)
	if err := m.SetPrimary(uint32(id)); err != nil {
		return nil, err
	}
	one, err := m.Handle()
	if err != nil {
		return nil, err
	}
	return aead.New(one)
}

// ids are the keys of a keyset, the oldest first.
func ids(h *keyset.Handle) []ID {
	all := make([]ID, 0, h.Len())
	for _, k := range h.KeysetInfo().GetKeyInfo() {
		all = append(all, ID(k.GetKeyId()))
	}
	return all
}

// Newest are the keys that were made last.
func (s *Set) Newest() InUse { return s.newest }

// Has says whether the set has both keys.
func (s *Set) Has(use InUse) bool { return s.data[use.Data] != nil && s.index[use.Index] != nil }

// All are the ids of all keys, those that encrypt first and each kind in the order
// in which they were made.
func (s *Set) All() []ID { return append(ids(s.handles[dataKey]), s.order...) }

// from are the keys of the index from one on.
func (s *Set) from(id ID) []ID { return s.order[max(slices.Index(s.order, id), 0):] }

// Rotate returns the set with a new key of each kind. It refuses while the set has
// two of a kind: first the old ones are retired.
func (s *Set) Rotate() (*Set, error) {
	if len(s.data) > 1 || len(s.index) > 1 {
		return nil, errors.New("the old data keys are still there: run `techbiz keys reencrypt` and `techbiz keys retire` first")
	}
	var handles [2]*keyset.Handle
	for kind, h := range s.handles {
		m, id, err := withNew(h, kind)
		for kind == indexKey && err == nil && id.Slot() == s.newest.Index.Slot() { // ids are random: half of them fit
			m, id, err = withNew(h, kind)
		}
		if err == nil {
			err = m.SetPrimary(uint32(id))
		}
		if err == nil {
			handles[kind], err = m.Handle()
		}
		if err != nil {
			return nil, fmt.Errorf("make data keys: %w", err)
		}
	}
	return newSet(handles)
}

func withNew(h *keyset.Handle, kind int) (*keyset.Manager, ID, error) {
	m := keyset.NewManagerFromHandle(h)
	id, err := m.Add(templates[kind]())
	return m, ID(id), err
}

// Retire returns the set with nothing but the keys in use.
func (s *Set) Retire(use InUse) (*Set, error) {
	if !s.Has(use) {
		return nil, ErrNoKeys
	}
	var handles [2]*keyset.Handle
	for kind, keep := range [2]ID{dataKey: use.Data, indexKey: use.Index} {
		m := keyset.NewManagerFromHandle(s.handles[kind])
		err := m.SetPrimary(uint32(keep))
		for _, id := range ids(s.handles[kind]) {
			if id != keep {
				err = errors.Join(err, m.Delete(uint32(id)))
			}
		}
		h, herr := m.Handle()
		if err = errors.Join(err, herr); err != nil {
			return nil, fmt.Errorf("retire data keys: %w", err)
		}
		handles[kind] = h
	}
	return newSet(handles)
}
