package function

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
	"strings"
	"unicode/utf8"
)

// Limits of a package. AWS has the first two.
const (
	maxZipped   = 50 << 20  // bytes uploaded
	maxUnpacked = 250 << 20 // bytes, all files together
	maxEntries  = 50_000
	maxPath     = 1024 // bytes
	maxSegment  = 255  // bytes

	// A package of more than bombFloor that shrinks by more than bombRatio is no program.
	bombFloor = 64 << 20
	bombRatio = 250
)

// errZip is why a package is refused. Its text may be shown to the client.
type errZip struct{ reason string }

func (e *errZip) Error() string { return e.reason }

func zipError(format string, args ...any) error { return &errZip{fmt.Sprintf(format, args...)} }

var centralHeader = []byte("PK\x01\x02")

// unpack writes the files of a zip into dir, which must be empty. Nothing in the
// archive is believed: neither its names, nor its modes, nor its sizes. Every
// file is opened beneath dir and must not be there yet, so that two names for
// one file, on file systems that fold case too, are refused.
func unpack(archive []byte, dir string) error {
	if len(archive) > maxZipped {
		return zipError("Zipped size must be smaller than %d bytes", maxZipped)
	}
	// Counted before it is parsed, because the parser holds all entries in memory.
	if bytes.Count(archive, centralHeader) > 2*maxEntries {
		return zipError("The package has more than %d files", maxEntries)
	}
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return zipError("Could not unzip uploaded file. Please check your file, then try to upload again.")
	}
	if len(r.File) == 0 {
		return zipError("Uploaded file must be a non-empty zip")
	}
	if len(r.File) > maxEntries {
		return zipError("The package has more than %d files", maxEntries)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()

	u := unpacking{root: root, left: maxUnpacked, seen: make(map[string]bool, len(r.File))}
	if most := int64(len(archive)) * bombRatio; most < u.left {
		u.left = max(most, bombFloor)
	}
	for _, f := range r.File {
		if err := u.entry(f); err != nil {
			return err
		}
	}
	return nil
}

type unpacking struct {
	root *os.Root
	left int64           // bytes that may still be written
	seen map[string]bool // names, in lower case where the file system may fold them
}

func (u *unpacking) entry(f *zip.File) error {
	name, folder, err := cleanName(f.Name)
	if err != nil {
		return err
	}
	mode := f.Mode()
	switch {
	case f.Flags&1 != 0:
		return zipError("%q is encrypted", f.Name)
	case mode&fs.ModeSymlink != 0:
		return zipError("%q is a link; a package holds files and folders only", f.Name)
	case mode.Type() != 0 && !(folder && mode.Type() == fs.ModeDir):
		return zipError("%q is neither a file nor a folder", f.Name)
	}
	if folder {
		if f.UncompressedSize64 != 0 {
			return zipError("the folder %q has content", f.Name)
		}
		return u.place(name, u.root.MkdirAll(name, 0o700))
	}
	key := name
	if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
		key = strings.ToLower(name)
	}
	if u.seen[key] {
		return zipError("%q is in the package twice", f.Name)
	}
	u.seen[key] = true
	if f.UncompressedSize64 > uint64(u.left) {
		return u.tooBig()
	}
	if parent := path.Dir(name); parent != "." {
		if err := u.place(name, u.root.MkdirAll(parent, 0o700)); err != nil {
			return err
		}
	}
	permissions := fs.FileMode(0o600)
	if mode&0o111 != 0 {
		permissions = 0o700
	}
	out, err := u.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, permissions)
	if err != nil {
		return u.place(name, err)
	}
	if err := u.copy(out, f); err != nil {
		out.Close()
		return err
	}
	if err := out.Chmod(permissions); err != nil { // whatever the umask
		out.Close()
		return err
	}
	return out.Close()
}

// copy believes the bytes that come, not the size that was declared.
func (u *unpacking) copy(out io.Writer, f *zip.File) error {
	in, err := f.Open()
	if err != nil {
		return zipError("%q cannot be unpacked: %v", f.Name, err)
	}
	defer in.Close()
	declared := int64(f.UncompressedSize64)
	n, err := io.Copy(out, io.LimitReader(in, declared+1))
	u.left -= n
	switch {
	case n > declared:
		return zipError("%q is larger than the package says", f.Name)
	case err != nil && (errors.Is(err, zip.ErrChecksum) || errors.Is(err, zip.ErrFormat) || errors.Is(err, io.ErrUnexpectedEOF) || isCorrupt(err)):
		return zipError("%q is damaged", f.Name)
	case err != nil:
		return err
	case n < declared:
		return zipError("%q is smaller than the package says", f.Name)
	}
	return nil
}

func (u *unpacking) tooBig() error {
	return zipError("Unzipped size must be smaller than %d bytes, and not far beyond what the package has", maxUnpacked)
}

// place turns an error of the file system into the package's fault where it is
// one: a file where another entry needs a folder, or the other way round.
func (u *unpacking) place(name string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, fs.ErrExist) || isNotFolder(err) {
		return zipError("%q clashes with another entry of the package", name)
	}
	return err
}

// cleanName is an entry's name as a path beneath the root, or the reason why it
// is none.
func cleanName(raw string) (name string, folder bool, err error) {
	name, folder = strings.CutSuffix(raw, "/")
	switch {
	case name == "" || len(raw) > maxPath || !utf8.ValidString(raw):
		return "", false, zipError("a file's name is empty, too long or not UTF-8")
	case strings.ContainsFunc(raw, func(r rune) bool { return r < ' ' || r == 0x7F }):
		return "", false, zipError("%q has control characters in its name", raw)
	case strings.ContainsRune(raw, '\\'):
		return "", false, zipError("%q has a backslash in its name", raw)
	case strings.HasPrefix(raw, "/"):
		return "", false, zipError("%q is an absolute path", raw)
	}
	if len(name) >= 2 && name[1] == ':' {
		return "", false, zipError("%q names a drive", raw)
	}
	name = strings.TrimPrefix(name, "./")
	for segment := range strings.SplitSeq(name, "/") {
		switch {
		case segment == "" || segment == "." || segment == "..":
			return "", false, zipError("%q leaves the package, or is no plain path", raw)
		case len(segment) > maxSegment:
			return "", false, zipError("%q has a name of more than %d bytes", raw, maxSegment)
		}
	}
	return name, folder, nil
}
