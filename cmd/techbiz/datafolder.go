package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"techbiz/internal/seal"
)

const (
	folderMode = 0o700
	keyMode    = 0o600

	dataKeysFile = "data.keys"
)

// prepareFolder makes the data folder, if need be, and finds out whether it can
// be written.
func prepareFolder(dir string) error {
	if err := os.MkdirAll(dir, folderMode); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	probe, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return fmt.Errorf("write to the data folder: %w", err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// What a person does about a damaged file. A key that something was written under is
// put back: to make another one would not help.
const (
	thenDelete  = "delete it to have a new one made; everybody then signs in anew"
	thenRestore = "put back the copy that was made of it: "
)

// keptKey returns the key that is kept in the folder under that name, and makes
// it the first time. Programs that start at once on one folder agree on one key. The
// error for a damaged one says what then is to be done.
func keptKey(dir, name, then string) ([]byte, error) {
	path := filepath.Join(dir, name)
	text, err := keptText(path, func() ([]byte, error) { return newKey(), nil })
	if err != nil {
		return nil, fmt.Errorf("key in the data folder: %w", err)
	}
	var k hexKey
	if err := k.UnmarshalText(text); err != nil {
		return nil, fmt.Errorf("key in the data folder: %s is damaged; %s", path, then)
	}
	return k, nil
}

// keptText reads a key, and has it made the first time.
func keptText(path string, newText func() ([]byte, error)) ([]byte, error) {
	text, err := os.ReadFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return text, err
	}
	made, err := newText()
	if err != nil {
		return nil, err
	}
	if err := makeKey(filepath.Dir(path), path, made); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// newKey is the text of a key.
func newKey() []byte {
	key := make([]byte, keyLength)
	_, _ = rand.Read(key) // never fails
	return []byte(hex.EncodeToString(key) + "\n")
}

// makeKey puts a new key at path, whole or not at all, unless one is there.
func makeKey(dir, path string, text []byte) (err error) {
	return writeKey(dir, text, func(made string) error {
		err := os.Link(made, path)
		if errors.Is(err, fs.ErrExist) {
			err = nil
		}
		return errors.Join(err, os.Remove(made))
	})
}

// replaceKey puts another key at path, whole or not at all.
func replaceKey(dir, path string, text []byte) error {
	return writeKey(dir, text, func(made string) error { return os.Rename(made, path) })
}

// writeKey writes a key to a file of its own, and then has it put into its place.
func writeKey(dir string, text []byte, put func(made string) error) error {
	f, err := os.CreateTemp(dir, ".key-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(keyMode), f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return put(f.Name())
}

// keptDataKeys returns the data keys that are kept in the folder, and makes them
// the first time.
func keptDataKeys(dir string) (*seal.Set, error) {
	path := filepath.Join(dir, dataKeysFile)
	text, err := keptText(path, newDataKeys)
	if err != nil {
		return nil, fmt.Errorf("data keys in the data folder: %w", err)
	}
	set, err := seal.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("data keys in the data folder: %s is damaged; %swithout it no contact number can be read", path, thenRestore)
	}
	return set, nil
}

func newDataKeys() ([]byte, error) {
	set, err := seal.Generate()
	if err != nil {
		return nil, err
	}
	return set.Text()
}
