package runner

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

//go:embed bootstrap
var bootstrapFiles embed.FS

// home is the runner's part of Config.Dir: run-*/ for each server that uses
// it, locked while that server lives, with bootstraps/ and tmp/ inside.
type home struct {
	run        string
	bootstraps string
	temp       string
	lock       *os.File
}

func openHome(dir string, box sandbox) (home, error) {
	fail := func(err error) (home, error) {
		return home{}, fmt.Errorf("runner: folder for functions: %w", err)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fail(err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fail(err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return fail(err)
	}
	if open := box.readable(dir); open != "" {
		return fail(fmt.Errorf("%s lies below %s, which every function may read: choose another folder", dir, open))
	}
	sweep(dir)
	run, err := os.MkdirTemp(dir, "run-")
	if err != nil {
		return fail(err)
	}
	h := home{run: run, bootstraps: filepath.Join(run, "bootstraps"), temp: filepath.Join(run, "tmp")}
	if h.lock, err = os.OpenFile(filepath.Join(run, "lock"), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return fail(err)
	}
	if err := unix.Flock(int(h.lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return fail(err)
	}
	for _, d := range []string{h.bootstraps, h.temp} {
		if err := os.Mkdir(d, 0o700); err != nil {
			return fail(err)
		}
	}
	files, err := fs.ReadDir(bootstrapFiles, "bootstrap")
	if err != nil {
		return fail(err)
	}
	for _, f := range files {
		b, err := bootstrapFiles.ReadFile("bootstrap/" + f.Name())
		if err != nil {
			return fail(err)
		}
		if err := os.WriteFile(filepath.Join(h.bootstraps, f.Name()), b, 0o400); err != nil {
			return fail(err)
		}
	}
	return h, nil
}

// sweep clears up after servers that were killed: their functions' children,
// which nobody told, and their files.
func sweep(dir string) {
	runs, err := filepath.Glob(filepath.Join(dir, "run-*"))
	if err != nil {
		return
	}
	for _, run := range runs {
		lock, err := os.OpenFile(filepath.Join(run, "lock"), os.O_RDWR, 0)
		if err != nil {
			continue // not one of ours, or being made at this moment
		}
		if unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
			killOrphans(filepath.Join(run, "tmp"))
			removeAll(run)
		}
		lock.Close()
	}
}

func (h *home) makeTemp() (string, error) {
	dir, err := os.MkdirTemp(h.temp, "fn-")
	if err != nil {
		return "", fmt.Errorf("temporary folder of a function: %w", err)
	}
	return dir, nil
}

func (h *home) remove() error {
	removeAll(h.run)
	return h.lock.Close()
}

// removeAll removes a folder that a function could write to, and may have made
// unwritable. Nobody uses it any more.
func removeAll(dir string) {
	if os.RemoveAll(dir) == nil {
		return
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return
	}
	defer root.Close()
	_ = fs.WalkDir(root.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() {
			_ = root.Chmod(path, 0o700)
			if err != nil { // it could not be listed: now it can
				return fs.SkipDir
			}
		}
		return nil
	})
	_ = os.RemoveAll(dir)
}
