package accesslog

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strconv"
)

// output is the file of one log group, and those that were put aside: x.log is
// written to, x.log.1 is the newest of the others.
type output struct {
	path string
	f    *os.File // nil: not open
	size int64
}

// write appends whole lines, and puts the file aside when it is full. A batch
// is not divided, so a file may get longer by one. n counts what was written.
func (o *output) write(root *os.Root, text []byte, full int64, old int) (n int, err error) {
	if err := o.open(root); err != nil {
		return 0, err
	}
	if o.size > 0 && o.size+int64(len(text)) > full {
		if err := o.putAside(root, old); err != nil {
			return 0, err
		}
	}
	n, err = o.f.Write(text)
	o.size += int64(n)
	if err != nil { // a disk that is full: half a line must not join the next one
		o.close()
	}
	return n, err
}

// open opens the file, if it is not, or if somebody has taken it away.
func (o *output) open(root *os.Root) error {
	if o.f != nil {
		mine, err := o.f.Stat()
		there, gone := root.Stat(o.path)
		if err == nil && gone == nil && os.SameFile(mine, there) {
			return nil
		}
		o.close()
	}
	if err := root.MkdirAll(path.Dir(o.path), 0o700); err != nil {
		return err
	}
	f, err := root.OpenFile(o.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		err = f.Chmod(0o600)
	}
	if err == nil {
		o.f, o.size = f, info.Size()
		err = o.endLine()
	}
	if err != nil {
		f.Close()
		o.f = nil
	}
	return err
}

// endLine ends a line that a crash or a full disk has left half.
func (o *output) endLine() error {
	if o.size == 0 {
		return nil
	}
	var last [1]byte
	if _, err := o.f.ReadAt(last[:], o.size-1); err != nil {
		return err
	}
	if last[0] == '\n' {
		return nil
	}
	n, err := o.f.Write([]byte{'\n'})
	o.size += int64(n)
	return err
}

// putAside renames x.log to x.log.1, what that was to x.log.2, and so on, forgets
// the oldest, and begins anew.
func (o *output) putAside(root *os.Root, old int) error {
	o.close()
	for i := old; i > 0; i-- {
		err := root.Rename(aside(o.path, i-1), aside(o.path, i))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return o.open(root)
}

// aside is the name of the file that was put aside n times; of 0, it is being written to.
func aside(name string, n int) string {
	if n == 0 {
		return name
	}
	return name + "." + strconv.Itoa(n)
}

func (o *output) close() {
	if o.f != nil {
		_ = o.f.Close() // nothing is buffered here; what the disk refused, Write has said
		o.f = nil
	}
}
