package keyring

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/tink-crypto/tink-go/v2/tink"
)

// Master is the key that wraps all others: 32 bytes from a file or the environment.
// The zero value is no key, and opens nothing.
type Master struct{ key Secret }

const masterSize = 32

var (
	// ErrNoMaster: there is no master key file, and one was not to be made.
	ErrNoMaster = errors.New("the master key is missing")
	errMaster   = errors.New("it does not hold 32 bytes in base64")
)

// MasterFromFile reads the master key at path (mode 0600 and ours, or it refuses), or
// makes a new one there if create is true and the file does not exist. Give create only if
// the shelf is empty (Empty): a new key would not open what an old one wrapped. A file that
// is there is never overwritten.
func MasterFromFile(path string, create bool) (Master, error) {
	m, err := readMaster(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return m, err
	}
	if !create {
		return Master{}, fmt.Errorf("%w: %s is not there, and the database has values sealed with it: restore the file, or set SALLYPORT_MASTER_KEY", ErrNoMaster, path)
	}
	if err := makeMaster(path); err != nil {
		return Master{}, fmt.Errorf("the master key cannot be made: %w", err)
	}
	// Of two processes that made one at once, both read what the first has put there.
	return readMaster(path)
}

// MasterFromText takes the key as base64, as SALLYPORT_MASTER_KEY holds it.
func MasterFromText(text string) (Master, error) {
	m, err := parseMaster(text)
	if err != nil {
		return Master{}, fmt.Errorf("the master key cannot be used: %w; make one with: head -c 32 /dev/urandom | base64", err)
	}
	return m, nil
}

// NewMaster makes a random key that lives as long as the process.
func NewMaster() Master { return Master{NewSecret(string(randomKey()))} }

func (m Master) aead() (tink.AEAD, error) {
	key := m.key.Reveal()
	if len(key) != masterSize {
		return nil, ErrNoMaster
	}
	return newAEAD([]byte(key))
}

func parseMaster(text string) (Master, error) {
	text = strings.TrimSpace(text)
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if key, err := e.Strict().DecodeString(text); err == nil && len(key) == masterSize {
			return Master{NewSecret(string(key))}, nil
		}
	}
	return Master{}, errMaster
}

// readMaster checks the file that it has open, not a name that may point elsewhere by then.
func readMaster(path string) (Master, error) {
	// Without O_NONBLOCK a named pipe would hang the start.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return Master{}, err
	}
	if err != nil {
		return Master{}, fmt.Errorf("the master key cannot be read: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Master{}, fmt.Errorf("the master key cannot be read: %w", err)
	}
	if !info.Mode().IsRegular() {
		return Master{}, fmt.Errorf("the master key %s is not a regular file", path)
	}
	if mode := info.Mode().Perm(); mode&0o177 != 0 {
		return Master{}, fmt.Errorf("the master key %s may be read or changed by others (mode %04o): run chmod 600 %s; if others had access, make new keys", path, mode, path)
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && int(owner.Uid) != os.Geteuid() {
		return Master{}, fmt.Errorf("the master key %s belongs to user %d, this is user %d: run sallyport as its owner, or change the owner", path, owner.Uid, os.Geteuid())
	}
	text, err := io.ReadAll(io.LimitReader(f, 1024))
	if err != nil {
		return Master{}, fmt.Errorf("the master key cannot be read: %w", err)
	}
	m, err := parseMaster(string(text))
	if err != nil {
		return Master{}, fmt.Errorf("the master key %s cannot be used: %w: restore the file, or set SALLYPORT_MASTER_KEY", path, err)
	}
	return m, nil
}

// makeMaster puts a whole file under the name, or none: written and synced beside it,
// then linked, which fails if there is one by now.
func makeMaster(path string) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	temporary, err := os.CreateTemp(folder, ".master-key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name())
	defer temporary.Close()
	text := base64.StdEncoding.EncodeToString(randomKey()) + "\n"
	if _, err := temporary.WriteString(text); err != nil {
		return err
	}
	if err := temporary.Sync(); err != nil {
		return err
	}
	if err := os.Link(temporary.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// Format keeps the address of the key out of logs, too.
func (Master) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }
