package compromised

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
)

const (
	// window is what is read at once, in bytes: many lines, and one read of a disk.
	window = 4096
	// maxLine is the longest line of a list: a SHA-256, a count of twenty digits, CR LF.
	maxLine = 2*sha256.Size + 1 + 20 + 2
	// readWhole is up to which size, in bytes, every line is checked at the start.
	readWhole = 64 << 20
	// samples is in how many places a larger file is checked.
	samples = 2048
)

var (
	// ErrEmpty: the file holds no hash.
	ErrEmpty = errors.New("the list of compromised passwords is empty")
	// ErrForm: a line is no hash, or none of the list's kind.
	ErrForm = errors.New("a line of the list of compromised passwords is not the hex of a SHA-1 (40 digits) or SHA-256 (64 digits), alone or with :count")
	// ErrOrder: the list is not sorted, so nothing could be found in it.
	ErrOrder = errors.New("the list of compromised passwords is not sorted by hash")
)

// List is an open list. Safe for concurrent use.
type List struct {
	file   io.ReaderAt
	size   int64
	digits int // of a hash: 40 or 64
	close  func() error
}

// Open opens the list in a file and checks it: each line, or of more than
// 64 MiB those in 2048 places. A file that changes afterwards must be opened
// again; whoever replaces it by another (rename) changes nothing for those who
// have it open.
func Open(path string) (*List, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	l, err := openFile(f)
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return l, nil
}

func openFile(f *os.File) (*List, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a file")
	}
	l := &List{file: f, size: info.Size(), close: f.Close}
	return l, l.check()
}

// Close closes the file.
func (l *List) Close() error { return l.close() }

// Contains reports whether the list has the password. An error says that the
// list could not be read, which is no answer.
func (l *List) Contains(password string) (bool, error) {
	var want []byte
	if l.digits == 2*sha1.Size {
		sum := sha1.Sum([]byte(password))
		want = sum[:]
	} else {
		sum := sha256.Sum256([]byte(password))
		want = sum[:]
	}
	// All lines that begin before low are smaller; one that begins at or after
	// high is not.
	low, high := int64(0), l.size
	for high-low > window {
		middle := low + (high-low)/2
		hash, _, err := l.lineFrom(middle)
		if err != nil {
			return false, err
		}
		if hash != nil && bytes.Compare(hash, want) < 0 {
			low = middle
		} else {
			high = middle
		}
	}
	// The lines that begin after low, up to the first that begins after high.
	for at := low; ; {
		hash, next, err := l.lineFrom(at)
		switch {
		case err != nil:
			return false, err
		case hash == nil:
			return false, nil
		}
		if order := bytes.Compare(hash, want); order >= 0 {
			return order == 0, nil
		}
		at = next
	}
}

// lineFrom reads the first line that begins at or after an offset: its hash, nil
// at the end of the list, and the offset from which the next line is found.
func (l *List) lineFrom(offset int64) (hash []byte, next int64, err error) {
	var buffer [2 * maxLine]byte
	from := max(offset-1, 0) // a line begins after a line's end
	n, err := l.file.ReadAt(buffer[:], from)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	text := buffer[:n]
	ends := from+int64(n) >= l.size
	if offset > 0 {
		cut := bytes.IndexByte(text, '\n')
		switch {
		case cut < 0 && ends:
			return nil, l.size, nil
		case cut < 0:
			return nil, 0, ErrForm
		}
		text, from = text[cut+1:], from+int64(cut)+1
	}
	if len(text) == 0 && ends {
		return nil, l.size, nil
	}
	line, _, whole := bytes.Cut(text, []byte{'\n'})
	if !whole && !ends {
		return nil, 0, ErrForm
	}
	hash, err = l.parse(line)
	return hash, from + int64(len(line)) + 1, err
}

// parse reads the hash of one line.
func (l *List) parse(line []byte) ([]byte, error) {
	line = bytes.TrimSuffix(line, []byte{'\r'})
	digits, count, counted := bytes.Cut(line, []byte{':'})
	if len(digits) != l.digits || counted && !isNumber(count) {
		return nil, ErrForm
	}
	hash := make([]byte, l.digits/2)
	if _, err := hex.Decode(hash, digits); err != nil {
		return nil, ErrForm
	}
	return hash, nil
}

func isNumber(text []byte) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(text) > 0 && len(text) <= 20
}
