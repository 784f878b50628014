package server

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// dataFolder is where one deployment lives: complete in itself, and closed to
// everybody but its owner.
type dataFolder string

func (f dataFolder) database() string  { return filepath.Join(string(f), "sallyport.db") }
func (f dataFolder) masterKey() string { return filepath.Join(string(f), "master.key") }
func (f dataFolder) functions() string { return filepath.Join(string(f), "functions") }

// accessLogs holds the access logs of stages: a folder a region, a file a log group.
func (f dataFolder) accessLogs() string { return filepath.Join(string(f), "logs", "access") }

// open makes the folder if need be. An existing folder is closed to others
// only if it is empty or ours: --data $HOME by mistake must not lock people
// out of the things beside it.
func (f dataFolder) open() error {
	path := string(f)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	err := os.Mkdir(path, 0o700)
	if err == nil {
		return nil
	}
	if !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("data folder %s cannot be made (%v): name another with --data", path, reason(err))
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("data folder %s: %w", path, err)
	}
	if !info.IsDir() {
		return fmt.Errorf("data folder %s is a file: name a folder with --data", path)
	}
	if info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	if !f.ours() {
		return fmt.Errorf("data folder %s is open to other users and holds other things: name an empty folder with --data, or run chmod 700 on it", path)
	}
	if err := os.Chmod(path, 0o700); err != nil {
		return fmt.Errorf("data folder %s is open to other users and cannot be closed (%v): run chmod 700 on it", path, reason(err))
	}
	return nil
}

// ours reports whether the folder is empty or holds a deployment.
func (f dataFolder) ours() bool {
	entries, err := os.ReadDir(string(f))
	if err != nil {
		return false
	}
	if len(entries) == 0 {
		return true
	}
	_, err = os.Lstat(f.database())
	return err == nil
}

// reason is the last link of an error's chain: "permission denied" without the
// path that the message already names.
func reason(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}
