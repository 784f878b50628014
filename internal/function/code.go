package function

import (
	"compress/flate"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
)

// codeFolder is this node's unpacked code: one folder for each zip, named by
// its hash, complete or not there at all.
type codeFolder struct{ dir string }

func openCodeFolder(dir string) (codeFolder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return codeFolder{}, err
	}
	return codeFolder{dir}, os.Chmod(dir, 0o700)
}

func hashOf(archive []byte) string {
	sum := sha256.Sum256(archive)
	return hex.EncodeToString(sum[:])
}

func (c codeFolder) path(sha string) string { return filepath.Join(c.dir, sha) }

func (c codeFolder) has(sha string) bool {
	info, err := os.Stat(c.path(sha))
	return err == nil && info.IsDir()
}

// put unpacks a zip unless that has been done. It is put together aside and
// renamed into place, so that nobody ever runs half of it.
func (c codeFolder) put(sha string, archive []byte) error {
	if c.has(sha) {
		return nil
	}
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return err
	}
	aside, err := os.MkdirTemp(c.dir, "unpacking-") // mode 0700
	if err != nil {
		return err
	}
	defer os.RemoveAll(aside)
	if err := unpack(archive, aside); err != nil {
		return err
	}
	if err := os.Rename(aside, c.path(sha)); err != nil && !c.has(sha) { // or another was faster
		return err
	}
	return nil
}

var codeName = regexp.MustCompile(`^(?:[0-9a-f]{64}|unpacking-[0-9]+)$`)

// sweep removes what a killed server left, and code that no function has any more.
// It touches nothing but what this package has made.
func (c codeFolder) sweep(used map[string]bool) error {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return err
	}
	var failed error
	for _, e := range entries {
		if codeName.MatchString(e.Name()) && !used[e.Name()] {
			failed = errors.Join(failed, os.RemoveAll(filepath.Join(c.dir, e.Name())))
		}
	}
	return failed
}

func isCorrupt(err error) bool {
	_, ok := errors.AsType[flate.CorruptInputError](err)
	return ok
}

func isNotFolder(err error) bool {
	return errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.EISDIR)
}
