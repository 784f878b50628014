package template

import (
	"context"
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

// Watch calls changed after something in paths (files, or folders with all in
// them) has changed, once for a burst of changes, until ctx ends. Calls never
// overlap, and a change during a call leads to another one. Version control,
// installed modules and build results are not looked at.
func Watch(ctx context.Context, paths []string, changed func()) error {
	return watchReady(ctx, paths, changed, make(chan struct{}))
}

// watchReady closes ready when changes from then on are noticed.
func watchReady(ctx context.Context, paths []string, changed func(), ready chan<- struct{}) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	defer watcher.Close()
	w := &watch{watcher: watcher, files: map[string]bool{}}
	for _, path := range paths {
		if err := w.add(path); err != nil {
			return err
		}
	}
	close(ready)
	timer := time.NewTimer(quiet)
	timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case event, ok := <-watcher.Events:
			if !ok {
				return nil
			}
			if w.matters(event) {
				timer.Reset(quiet)
			}
		case _, ok := <-watcher.Errors:
			if !ok {
				return nil
			}
			timer.Reset(quiet) // events may have been lost: look again
		case <-timer.C:
			changed()
		}
	}
}

type watch struct {
	watcher *fsnotify.Watcher
	files   map[string]bool // files that are watched by themselves
	folders []string
}

// add watches a path. A file is watched through its folder, because editors
// replace it by a new one of the same name.
func (w *watch) add(path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		w.files[path] = true
		return w.watcher.Add(filepath.Dir(path))
	}
	w.folders = append(w.folders, path)
	return w.tree(path)
}

func (w *watch) tree(path string) error {
	return filepath.WalkDir(path, func(p string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil // it is gone again
		case !entry.IsDir():
			return nil
		case p != path && unwatched(entry.Name()):
			return fs.SkipDir
		}
		return w.watcher.Add(p)
	})
}

func unwatched(name string) bool { return ignored(name) || name == "node_modules" }

func (w *watch) matters(event fsnotify.Event) bool {
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
