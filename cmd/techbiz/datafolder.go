package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	folderMode = 0o700
	keyMode    = 0o600
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

// keptKey returns the key that is kept in the folder under that name, and makes
// it the first time. Programs that start at once on one folder agree on one key.
func keptKey(dir, name string) ([]byte, error) {
	path := filepath.Join(dir, name)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeKey(dir, path); err == nil {
			text, err = os.ReadFile(path)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("key in the data folder: %w", err)
	}
	var k hexKey
	if err := k.UnmarshalText(text); err != nil {
		return nil, fmt.Errorf("key in the data folder: %s is damaged; delete it to have a new one made", path)
	}
	return k, nil
}

// makeKey puts a new key at path, whole or not at all, unless one is there.
func makeKey(dir, path string) (err error) {
	f, err := os.CreateTemp(dir, ".key-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	key := make([]byte, keyLength)
	_, _ = rand.Read(key) // never fails
	_, err = f.WriteString(hex.EncodeToString(key) + "\n")
	if err = errors.Join(err, f.Chmod(keyMode), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
