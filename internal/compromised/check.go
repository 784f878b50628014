package compromised

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
)

// check finds out which hashes the list has and refuses one in which nothing
// would be found: what looks like a protection must be one.
func (l *List) check() error {
	first := make([]byte, maxLine)
	n, err := l.file.ReadAt(first, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if n == 0 {
		return ErrEmpty
	}
	first, _, _ = bytes.Cut(first[:n], []byte{'\n'})
	first, _, _ = bytes.Cut(bytes.TrimSuffix(first, []byte{'\r'}), []byte{':'})
	switch len(first) {
	case 2 * sha1.Size, 2 * sha256.Size:
		l.digits = len(first)
	default:
		return fmt.Errorf("line 1: %w", ErrForm)
	}
	if l.size <= readWhole {
		return l.checkLines(0, l.size, nil)
	}
	var before []byte
	for i := range int64(samples) {
		at := l.size / samples * i
		hash, _, err := l.lineFrom(at)
		if err != nil {
			return fmt.Errorf("near byte %d: %w", at, err)
		}
		if bytes.Compare(hash, before) < 0 {
			return fmt.Errorf("near byte %d: %w", at, ErrOrder)
		}
		before = hash
		if err := l.checkLines(at, at+window, nil); err != nil {
			return err
		}
	}
	return l.checkLines(l.size-window, l.size, before)
}

// checkLines checks the lines that begin from one offset up to another.
func (l *List) checkLines(from, to int64, before []byte) error {
	reader := newLines(l.file, from, l.size)
	if from > 0 { // the end of a line that began before
		reader.at--
		if _, err := reader.next(); err != nil {
			return unlessEnd(err)
		}
	}
	for {
		at := reader.at
		if at >= to {
			return nil
		}
		line, err := reader.next()
		if err != nil {
			return unlessEnd(err)
		}
		hash, err := l.parse(line)
		if err != nil {
			return fmt.Errorf("at byte %d: %w", at, err)
		}
		if bytes.Compare(hash, before) < 0 {
			return fmt.Errorf("at byte %d: %w", at, ErrOrder)
		}
		before = hash
	}
}

func unlessEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// lines reads one line after the other.
type lines struct {
	file   io.ReaderAt
	at     int64 // where the next line begins
	size   int64
	buffer []byte
	start  int64 // what the buffer holds begins here
}

func newLines(file io.ReaderAt, at, size int64) *lines {
	return &lines{file: file, at: at, size: size, buffer: make([]byte, 0, 16*window)}
}

// next returns a line without its end, or io.EOF. It is good until the next call.
func (r *lines) next() ([]byte, error) {
	if r.at >= r.size {
		return nil, io.EOF
	}
	for fresh := false; ; fresh = true {
		if inside := r.at - r.start; inside >= 0 && inside < int64(len(r.buffer)) {
			rest := r.buffer[inside:]
			if line, _, whole := bytes.Cut(rest, []byte{'\n'}); whole || r.start+int64(len(r.buffer)) >= r.size {
				r.at += int64(len(line)) + 1
				return line, nil
			}
		}
		if fresh {
			return nil, ErrForm // no line is as long as the buffer
		}
		n, err := r.file.ReadAt(r.buffer[:cap(r.buffer)], r.at)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		r.buffer, r.start = r.buffer[:n], r.at
		if n == 0 {
			return nil, io.EOF
		}
	}
}
