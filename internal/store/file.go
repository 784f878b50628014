package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	sqlite3 "modernc.org/sqlite/lib"
)

// dataFile is a database file that this process alone has.
type dataFile struct {
	path string
	lock *os.File
}

// holdFile takes the database file for this process, and makes it if it is not there.
func holdFile(path string) (*dataFile, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("the data folder cannot be made: %w: choose another with --data", err)
	}
	if path, err = resolve(path); err != nil {
		return nil, err
	}
	folder := filepath.Dir(path)
	info, err := os.Stat(folder)
	if err != nil {
		return nil, err
	}
	if others := info.Mode().Perm() & 0o077; others != 0 {
		return nil, fmt.Errorf("the data folder %s is open to other users (mode %04o): run chmod 700 %s", folder, info.Mode().Perm(), folder)
	}
	lock, err := takeLock(path)
	if err != nil {
		return nil, err
	}
	f := &dataFile{path, lock}
	if err := f.prepare(); err != nil {
		f.release()
		return nil, err
	}
	return f, nil
}

// resolve follows symbolic links, so that whoever comes by whatever name finds the same
// lock, and the folder that is checked is the one that the file is in.
func resolve(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return real, err
	}
	if _, err := os.Lstat(path); err == nil {
		return "", fmt.Errorf("the database %s is a symbolic link to nowhere: remove it, or choose another folder with --data", path)
	}
	folder, err := filepath.EvalSymlinks(filepath.Dir(path))
	return filepath.Join(folder, filepath.Base(path)), err
}

// takeLock holds path.lock until the process ends, however it ends. SQLite would let
// several processes in, but each caches what it has read.
func takeLock(path string) (*os.File, error) {
	lock, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, cannotWrite(path, err)
	}
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		// Only for the message to whoever comes second.
		_ = lock.Truncate(0)
		_, _ = fmt.Fprintf(lock, "%d\n", os.Getpid())
		return lock, nil
	}
	defer lock.Close()
	if !errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("the database %s cannot be locked (%w): put it on a local disk", path, err)
	}
	owner := make([]byte, 20)
	n, _ := lock.ReadAt(owner, 0)
	return nil, fmt.Errorf("the database %s is in use by another sallyport (process %s): stop that one, or choose another folder with --data",
		path, strings.TrimSpace(string(owner[:n])))
}

// prepare makes the file, or sees that it can be written, before SQLite does: SQLite
// would open what it cannot write, and fail at the first write.
func (f *dataFile) prepare() error {
	file, err := os.OpenFile(f.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return cannotWrite(f.path, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("the database %s is not a regular file: choose another folder with --data", f.path)
	}
	for _, path := range []string{f.path, f.path + "-wal", f.path + "-shm", f.path + ".lock"} {
		if err := narrow(path); err != nil {
			return err
		}
	}
	return syncFolder(filepath.Dir(f.path))
}

// narrow closes a file to others, which was brought back from a backup, perhaps.
func narrow(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file: remove it, or choose another folder with --data", path)
	case info.Mode().Perm()&0o077 == 0:
		return nil
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return fmt.Errorf("%s is open to other users: run chmod 600 %s", path, path)
	}
	return nil
}

// syncFolder makes the name of a new file survive a power cut.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

func cannotWrite(path string, err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		err = e.Err
	}
	return fmt.Errorf("the database %s cannot be written (%w): give this user write access to the file and its folder, or choose another with --data", path, err)
}

// release leaves the lock file where it is: whoever removed it could remove one that
// another process has just locked.
func (f *dataFile) release() error { return f.lock.Close() }

// quickCheckMost is the size in bytes up to which a file is read through at the start;
// it takes a few milliseconds per MiB. Damage in a larger one shows when it is touched.
const quickCheckMost = 8 << 20

var errDamaged = errors.New("damaged")

// inspect finds a damaged file before anything is written to it.
func (e *lite) inspect(ctx context.Context) error {
	info, err := os.Stat(e.path)
	if err != nil {
		return err
	}
	if info.Size() > quickCheckMost {
		var n int64
		return e.writer.QueryRowContext(ctx, "select count(*) from sqlite_master").Scan(&n)
	}
	var verdict string
	if err := e.writer.QueryRowContext(ctx, "pragma quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return errDamaged // the verdict is about pages and cells, in several lines
	}
	return nil
}

func (e *lite) explain(err error) error {
	code := liteCode(err)
	switch {
	case e.path == "":
		return err
	case code == sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("the file %s is not a database, or it is damaged: restore it from a backup, or choose another folder with --data", e.path)
	case code&0xff == sqlite3.SQLITE_CORRUPT, errors.Is(err, errDamaged):
		return fmt.Errorf("the database %s is damaged: restore it from a backup, or choose another folder with --data", e.path)
	case code&0xff == sqlite3.SQLITE_READONLY, code&0xff == sqlite3.SQLITE_CANTOPEN, code&0xff == sqlite3.SQLITE_PERM:
		return cannotWrite(e.path, err)
	case code&0xff == sqlite3.SQLITE_BUSY:
		return fmt.Errorf("the database %s is locked by another program: close it and start again", e.path)
	case code&0xff == sqlite3.SQLITE_FULL:
		return fmt.Errorf("the database %s cannot grow: the disk is full", e.path)
	}
	return fmt.Errorf("the database %s: %w", e.path, err)
}
