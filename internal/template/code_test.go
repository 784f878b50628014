package template

import (
	"archive/zip"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

func TestTheSameFilesGiveTheSameZip(t *testing.T) {
	var hashes []string
	for i := range 2 {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "index.js"), "x")
		write(t, filepath.Join(dir, "lib", "a.js"), "y")
		write(t, filepath.Join(dir, ".git", "HEAD"), strings.Repeat("z", i))
		if err := os.Chtimes(filepath.Join(dir, "index.js"), time.Unix(int64(i), 0), time.Unix(int64(i), 0)); err != nil {
			t.Fatal(err)
		}
		c, err := (&codeSource{path: dir, runtime: "nodejs22.x"}).bundle(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, c.sha256)
		r, err := zip.NewReader(bytes.NewReader(c.zip), int64(len(c.zip)))
		if err != nil {
			t.Fatal(err)
		}
		var files []string
		for _, f := range r.File {
			files = append(files, f.Name)
		}
		if !slices.Equal(files, []string{"index.js", "lib/a.js"}) {
			t.Errorf("the zip holds %v", files)
		}
	}
	if hashes[0] != hashes[1] {
		t.Error("two copies of one folder give different hashes")
	}
}

func TestCodeThatLeadsOutOfItsFolderIsRefused(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "secret"), "x")
	write(t, filepath.Join(dir, "fn", "index.js"), "x")
	if err := os.Symlink("../secret", filepath.Join(dir, "fn", "link")); err != nil {
		t.Fatal(err)
	}
	if _, err := (&codeSource{path: filepath.Join(dir, "fn"), runtime: "nodejs22.x"}).bundle(context.Background()); err == nil {
		t.Error("a link out of the folder was followed")
	}
}

func TestTheBuildDoesNotSeeTheServersSecrets(t *testing.T) {
	got := buildEnvironment([]string{"PATH=/bin", "SALLYPORT_MASTER_KEY=x", "AWS_SECRET_ACCESS_KEY=y", "GOOS=plan9"})
	if !slices.Equal(got, []string{"PATH=/bin", "CGO_ENABLED=0"}) {
		t.Errorf("environment %v", got)
	}
}

func TestAMissingNPMInstallIsSaid(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "fn", "package.json"), `{"dependencies":{"a":"1"}}`)
	path := filepath.Join(dir, "t.yaml")
	write(t, path, "Transform: AWS::Serverless-2016-10-31\nResources:\n  F: {Type: AWS::Serverless::Function, Properties: {Runtime: nodejs22.x, Handler: i.h, CodeUri: fn}}\n")
	_, err := Load(path, Settings{Region: "r", Account: "a"})
	if err == nil || !strings.Contains(err.Error(), "run npm install in "+filepath.Join(dir, "fn")) {
		t.Errorf("error %v", err)
	}
}

// Each way in which editors and people change files is noticed, and what does
// not matter is not.
func TestWatchNoticesChanges(t *testing.T) {
	dir := t.TempDir()
	template, source := filepath.Join(dir, "template.yaml"), filepath.Join(dir, "fn")
	write(t, template, "a")
	write(t, filepath.Join(source, "main.go"), "a")
	write(t, filepath.Join(source, ".git", "index"), "a")
	changed := make(chan struct{}, 100)
	ctx, cancel := context.WithCancel(context.Background())
	w, err := NewWatcher()
	must(t, err)
	defer w.Close()
	must(t, w.Follow([]string{template, source}))
	write(t, template, "before anybody looks")
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx, func() { changed <- struct{}{} }) }()
	steps := []struct {
		name string
		do   func()
	}{
		{"a change between Follow and Run", func() {}},
		{"the template is written", func() { write(t, template, "b") }},
		{"the template is replaced by a rename", func() {
			write(t, template+".new", "c")
			if err := os.Rename(template+".new", template); err != nil {
				t.Error(err)
			}
		}},
		{"a new folder with a file", func() { write(t, filepath.Join(source, "new", "a.go"), "a") }},
		{"a file in the new folder", func() { write(t, filepath.Join(source, "new", "b.go"), "a") }},
		{"a file goes", func() { os.Remove(filepath.Join(source, "main.go")) }},
		{"the template goes", func() { os.Remove(template) }},
		{"the template comes back", func() { write(t, template, "d") }},
		{"the code's folder goes", func() { os.RemoveAll(source) }},
		{"the code's folder comes back", func() { write(t, filepath.Join(source, "main.go"), "b") }},
		{"a file in the folder that came back", func() { write(t, filepath.Join(source, "main.go"), "c") }},
	}
	for _, s := range steps {
		s.do()
		select {
		case <-changed:
		case <-time.After(30 * time.Second):
			t.Fatalf("%s: not noticed", s.name)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	for path, want := range map[string]bool{
		template: true, filepath.Join(source, "x.go"): true, filepath.Join(source, ".git", "index"): false,
		filepath.Join(source, "node_modules", "a", "b.js"): false, filepath.Join(source, "x.go~"): false, filepath.Join(dir, "other"): false,
	} {
		if got := w.matters(writeEvent(path)); got != want {
			t.Errorf("%s matters: %v; want %v", path, got, want)
		}
	}
	if err := w.Follow([]string{source}); err != nil || w.matters(writeEvent(template)) {
		t.Errorf("what is no longer followed still matters; error %v", err)
	}
}

func writeEvent(path string) fsnotify.Event { return fsnotify.Event{Name: path, Op: fsnotify.Write} }

func TestWhereCodeMayComeFrom(t *testing.T) {
	base := t.TempDir()
	dir, data := filepath.Join(base, "app"), filepath.Join(base, "app", "data")
	for _, file := range []string{"app/fn/index.js", "shared/index.js", "app/data/master.key", "app/data/functions/a/index.js"} {
		write(t, filepath.Join(base, filepath.FromSlash(file)), "x")
	}
	must(t, os.Symlink(data, filepath.Join(dir, "link")))
	must(t, os.Symlink(filepath.Join(dir, "fn"), filepath.Join(dir, "alias")))
	tests := []struct{ uri, problem, note string }{
		{"fn", "", ""},
		{filepath.Join(dir, "fn"), "", ""},
		{"alias", "", ""},
		{"../shared", "", "outside the template's folder"},
		{filepath.Join(base, "shared"), "", "outside the template's folder"},
		{".", "server's data", ""},
		{"data", "server's data", ""},
		{"link", "server's data", ""},
		{"data/functions/a", "server's data", ""},
		{"../..", "server's data", ""},
	}
	for _, test := range tests {
		file := filepath.Join(dir, "template.yaml")
		write(t, file, "Transform: AWS::Serverless-2016-10-31\nResources:\n  Fn:\n    Type: AWS::Serverless::Function\n    Properties: {CodeUri: '"+test.uri+"', Runtime: nodejs22.x, Handler: index.handler}\n")
		tmpl, err := Load(file, Settings{Region: "us-east-1", Account: "000000000000", Private: data})
		switch {
		case test.problem != "":
			if err == nil || !strings.Contains(err.Error(), test.problem) {
				t.Errorf("%s: error %v; want %q", test.uri, err, test.problem)
			}
		case err != nil:
			t.Errorf("%s: %v", test.uri, err)
		case (test.note == "") != (len(tmpl.Notes()) == 0):
			t.Errorf("%s: notes %v; want %q", test.uri, tmpl.Notes(), test.note)
		}
	}
}
