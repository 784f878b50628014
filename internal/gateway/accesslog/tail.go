package accesslog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// ErrNoLog says that nothing was ever written for a log group.
var ErrNoLog = errors.New("no such access log")

// Groups lists the log groups that have a log below dir, by region and name.
func Groups(dir string) ([]LogGroup, error) {
	var groups []LogGroup
	regions, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, region := range regions {
		if !region.IsDir() {
			continue
		}
		files, readErr := os.ReadDir(filepath.Join(dir, region.Name()))
		err = errors.Join(err, readErr)
		for _, f := range files {
			if name, ok := nameOf(f.Name()); ok {
				groups = append(groups, LogGroup{region.Name(), name})
			}
		}
	}
	slices.SortFunc(groups, func(a, b LogGroup) int {
		return strings.Compare(a.Region+"\n"+a.Name, b.Region+"\n"+b.Name)
	})
	return groups, err
}

// Tail copies the newest lines of a group's log below dir to out, oldest first;
// with less than 0, all. With follow it then copies what is written, until ctx
// ends, and waits for a log that is not there yet.
func Tail(ctx context.Context, dir string, g LogGroup, lines int, follow bool, out io.Writer) error {
	if err := g.Check(); err != nil {
		return err
	}
	file := filepath.Join(dir, filepath.FromSlash(g.file()))
	kept, err := openKept(file)
	if err != nil {
		return err
	}
	if len(kept) == 0 && !follow {
		return fmt.Errorf("%w: %s in %s", ErrNoLog, g.Name, g.Region)
	}
	if err := copyNewest(kept, lines, out); err != nil {
		closeAll(kept)
		return err
	}
	if !follow {
		closeAll(kept)
		return nil
	}
	var current *os.File // at its end
	if len(kept) > 0 {
		current = kept[0]
		closeAll(kept[1:])
	}
	return followOn(ctx, file, current, out)
}

// openKept opens the file that is written to and those that were put aside,
// newest first. Files that change their names meanwhile are opened again.
func openKept(file string) ([]*os.File, error) {
	for attempts := 3; ; attempts-- {
		var kept []*os.File
		for i := 0; ; i++ {
			f, err := os.Open(aside(file, i))
			if errors.Is(err, fs.ErrNotExist) && i > 0 {
				break
			}
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				closeAll(kept)
				return nil, err
			}
			kept = append(kept, f)
		}
		if len(kept) == 0 || isAt(kept[0], file) || attempts == 0 {
			return kept, nil
		}
		closeAll(kept)
	}
}

// isAt reports whether f has the name still.
func isAt(f *os.File, name string) bool {
	mine, err := f.Stat()
	there, gone := os.Stat(name)
	return err == nil && gone == nil && os.SameFile(mine, there)
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// copyNewest copies the newest lines of files that are sorted newest first, and
// leaves each at its end.
func copyNewest(files []*os.File, lines int, out io.Writer) error {
	begin := make([]int64, len(files))
	last := len(files) - 1
	for i, f := range files {
		if lines < 0 {
			continue
		}
		at, found, err := lastLines(f, lines)
		if err != nil {
			return err
		}
		begin[i] = at
		if lines -= found; lines <= 0 {
			last = i
			break
		}
	}
	for i := last; i >= 0; i-- {
		if _, err := files[i].Seek(begin[i], io.SeekStart); err != nil {
			return err
		}
		if _, err := io.Copy(out, files[i]); err != nil {
			return err
		}
	}
	return nil
}

// lastLines finds where the last n lines of f begin, and how many there are.
func lastLines(f *os.File, n int) (at int64, found int, err error) {
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil || n == 0 {
		return end, 0, err
	}
	block := make([]byte, 64<<10)
	for at = end; at > 0; {
		size := min(at, int64(len(block)))
		part := block[:size]
		if _, err := f.ReadAt(part, at-size); err != nil && err != io.EOF {
			return 0, 0, err
		}
		for {
			i := bytes.LastIndexByte(part, '\n')
			if i < 0 {
				break
			}
			if at-size+int64(i)+1 != end { // the newline at the end begins no line
				if found++; found == n {
					return at - size + int64(i) + 1, found, nil
				}
			}
			part = part[:i]
		}
		at -= size
	}
	if end > 0 {
		found++ // the first line of the file has none before it
	}
	return 0, found, nil
}

const lookAgain = 100 * time.Millisecond

// followOn copies what is written after where current stands; nil: from the
// beginning of a file that is still to come.
func followOn(ctx context.Context, file string, current *os.File, out io.Writer) error {
	defer func() {
		if current != nil {
			current.Close()
		}
	}()
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		if current != nil {
			if _, err := io.Copy(out, current); err != nil {
				return err
			}
		}
		switch next, err := after(file, current); {
		case err != nil:
			return err
		case next != nil:
			if current != nil {
				_, err = io.Copy(out, current) // what was written before it was put aside
				current.Close()
			}
			if current = next; err != nil {
				return err
			}
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// after opens the file that was begun after current was put aside; nil: none was.
func after(file string, current *os.File) (*os.File, error) {
	if current != nil && isAt(current, file) {
		return nil, nil
	}
	name := file
	for i := 1; current != nil; i++ { // it may have been put aside more than once
		if _, err := os.Stat(aside(file, i)); err != nil {
			break // it was removed, or forgotten: go on with what there is
		}
		if isAt(current, aside(file, i)) {
			name = aside(file, i-1)
			break
		}
	}
	next, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return next, err
}
