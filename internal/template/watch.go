package template

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Sources are the template's file and the folders and files that hold its
// functions' code: what to watch in order to deploy again.
func Sources(t *Template) []string {
	all := []string{t.file}
	for _, id := range t.order {
		if c := t.resources[id].code; c != nil && c.path != "" && !slices.Contains(all, c.path) {
			all = append(all, c.path)
		}
	}
	return all
}

// quiet is how long nothing must change before changed is called: editors and
// git write many files in a row.
const quiet = 300 * time.Millisecond

// Watcher tells of changes to files. What changes after Follow is never lost,
// even while nobody is in Run: follow first, then read, and the newest is read.
type Watcher struct {
	events  *fsnotify.Watcher
	files   map[string]bool // files that are watched by themselves
	folders []string
}

// NewWatcher follows nothing yet. Whoever makes one closes it.
func NewWatcher() (*Watcher, error) {
	events, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	return &Watcher{events: events}, nil
}

// Close ends Run.
func (w *Watcher) Close() error { return w.events.Close() }

// Follow watches these paths (files, or folders with all in them) instead of
// those before. It is called before Run or in changed.
func (w *Watcher) Follow(paths []string) error {
	w.files, w.folders = map[string]bool{}, nil
	var problems []error
	for _, path := range paths {
		problems = append(problems, w.add(path))
	}
	return errors.Join(problems...)
}

// Run calls changed after something that is followed has changed, once for a
// burst of changes, until ctx ends. Calls never overlap, and a change during a
// call leads to another one. Version control, installed modules and build
// results are not looked at.
func (w *Watcher) Run(ctx context.Context, changed func()) error {
	timer := time.NewTimer(quiet)
	timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case event, ok := <-w.events.Events:
			if !ok {
				return nil
			}
			if w.matters(event) {
				timer.Reset(quiet)
			}
		case _, ok := <-w.events.Errors:
			if !ok {
				return nil
			}
			timer.Reset(quiet) // events may have been lost: look again
		case <-timer.C:
			changed()
		}
	}
}

// add watches a path, and the folder that it is in: editors replace a file by
// a new one of the same name, and version control a folder.
func (w *Watcher) add(path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	if err := w.events.Add(filepath.Dir(path)); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		w.files[path] = true
		return nil
	}
	w.folders = append(w.folders, path)
	return w.tree(path)
}

func (w *Watcher) tree(path string) error {
	return filepath.WalkDir(path, func(p string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil // it is gone again
		case !entry.IsDir():
			return nil
		case p != path && unwatched(entry.Name()):
			return fs.SkipDir
		}
		return w.events.Add(p)
	})
}

func unwatched(name string) bool { return ignored(name) || name == "node_modules" }

func (w *Watcher) matters(event fsnotify.Event) bool {
	if event.Op == fsnotify.Chmod {
		return false
	}
	if w.files[event.Name] {
		return true
	}
	for _, folder := range w.folders {
		inside, err := filepath.Rel(folder, event.Name)
		if err != nil || inside == ".." || strings.HasPrefix(inside, ".."+string(filepath.Separator)) {
			continue
		}
		if slices.ContainsFunc(strings.Split(inside, string(filepath.Separator)), unwatched) && inside != "." {
			return false
		}
		if event.Has(fsnotify.Create) {
			if info, err := os.Stat(event.Name); err == nil && info.IsDir() {
				_ = w.tree(event.Name) // a folder that cannot be watched is not worth ending for
			}
		}
		return true
	}
	return false
}
