package audit

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Head is the end of the chain as somebody saw it: whoever keeps it outside the
// database can tell later that the chain still begins with all that was there.
type Head struct {
	Block int
	Hash  []byte
}

const headMode = 0o600

// String writes the head as [ParseHead] reads it.
func (h Head) String() string { return strconv.Itoa(h.Block) + ":" + hex.EncodeToString(h.Hash) }

// ParseHead reads a block's number, a colon and its hash in hexadecimal.
func ParseHead(s string) (Head, error) {
	number, hash, _ := strings.Cut(strings.TrimSpace(s), ":")
	n, err := strconv.Atoi(number)
	raw, herr := hex.DecodeString(hash)
	if err != nil || herr != nil || n < 1 || len(raw) != 32 {
		return Head{}, errors.New("a head is a block's number, a colon and 64 hexadecimal digits, as the log has it")
	}
	return Head{Block: n, Hash: raw}, nil
}

// ReadHead reads the head that a machine keeps, and block 0 where it keeps none
// yet.
func ReadHead(path string) (Head, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Head{}, nil
	}
	if err != nil {
		return Head{}, fmt.Errorf("read the kept head: %w", err)
	}
	h, err := ParseHead(string(raw))
	if err != nil {
		return Head{}, fmt.Errorf("read the kept head in %s: %w", path, err)
	}
	return h, nil
}

// writeHead puts the head at path, whole or not at all.
func writeHead(path string, h Head) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".head-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.WriteString(h.String() + "\n")
	if err = errors.Join(err, f.Chmod(headMode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
