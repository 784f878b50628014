package store_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/store/storetest"
)

func fileOptions(t testing.TB) store.Options {
	return store.Options{File: filepath.Join(t.TempDir(), "data", "sallyport.db"), Migrations: storetest.Migrations()}
}

// filled is a closed database file with some rows.
func filled(t testing.TB) store.Options {
	t.Helper()
	o := fileOptions(t)
	db, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Write(t.Context(), func(tx *store.Tx) error {
		for n := range int64(500) {
			if err := parts.Insert(t.Context(), tx, &part{Shelf: "a", Number: n, Text: rand.Text()}); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return o
}

func refused(t *testing.T, o store.Options, words ...string) {
	t.Helper()
	db, err := store.Open(t.Context(), o)
	if err == nil {
		db.Close()
		t.Fatalf("it was opened, want an error with %q", words)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("%q is more than one line", err)
	}
}

func TestFilesAreTheOwnersAlone(t *testing.T) {
	o := fileOptions(t)
	db := open(t, o)
	if err := parts.Insert(t.Context(), db, &part{Shelf: "a"}); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Dir(o.File)
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFileBroughtBackWithAWideModeIsNarrowed(t *testing.T) {
	o := fileOptions(t)
	killAfter(t, o.File, 3) // with its log and its index
	files, err := filepath.Glob(o.File + "*")
	if err != nil || len(files) != 4 {
		t.Fatalf("%v, %v: want the database, log, index and lock", files, err)
	}
	for _, f := range files {
		if err := os.Chmod(f, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	open(t, o)
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v (%v), want 0600", f, info.Mode(), err)
		}
	}
}

func TestOpenFolderIsRefused(t *testing.T) {
	for _, mode := range []fs.FileMode{0o755, 0o710, 0o701, 0o720} {
		o := filled(t)
		if err := os.Chmod(filepath.Dir(o.File), mode); err != nil {
			t.Fatal(err)
		}
		refused(t, o, "open to other users", "chmod 700")
	}
}

func TestLockedFileIsRefusedUntilItIsFree(t *testing.T) {
	o := fileOptions(t)
	db, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	refused(t, o, "in use by another sallyport", "stop that one")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, o)
}

func TestDamagedFileIsRefusedAndLeftAsItIs(t *testing.T) {
	for name, damage := range map[string]func(content []byte) []byte{
		"text":      func([]byte) []byte { return []byte(strings.Repeat("this is no database\n", 100)) },
		"header":    func(b []byte) []byte { copy(b, "SQLite format 9"); return b },
		"a page":    func(b []byte) []byte { _, _ = rand.Read(b[8192:12288]); return b },
		"many":      func(b []byte) []byte { _, _ = rand.Read(b[4096:]); return b },
		"truncated": func(b []byte) []byte { return b[:len(b)/2] },
	} {
		t.Run(name, func(t *testing.T) {
			o := filled(t)
			content, err := os.ReadFile(o.File)
			if err != nil {
				t.Fatal(err)
			}
			content = damage(content)
			if err := os.WriteFile(o.File, content, 0o600); err != nil {
				t.Fatal(err)
			}
			refused(t, o, "damaged", "restore it from a backup", o.File)
			if after, err := os.ReadFile(o.File); err != nil || !bytes.Equal(after, content) {
				t.Errorf("the damaged file was written to (%v)", err)
			}
		})
	}
}

func TestWhatIsNoFileIsRefused(t *testing.T) {
	o := fileOptions(t)
	if err := os.MkdirAll(o.File, 0o700); err != nil {
		t.Fatal(err)
	}
	refused(t, o, o.File)

	parent := filepath.Join(t.TempDir(), "plain-file")
	if err := os.WriteFile(parent, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, store.Options{File: filepath.Join(parent, "sallyport.db")}, "--data")
}

func TestOpenWantsOneKindOfDatabase(t *testing.T) {
	refused(t, store.Options{})
	refused(t, store.Options{Memory: true, File: "x"})
}

func TestPathsThatLookLikeURLs(t *testing.T) {
	for _, name := range []string{"a?mode=memory", "a%41b", "a#b", "a b", "ü;x&y=z"} {
		o := fileOptions(t)
		o.File = filepath.Join(filepath.Dir(o.File), name)
		db := open(t, o)
		if err := parts.Insert(t.Context(), db, &part{Shelf: "a"}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if info, err := os.Stat(o.File); err != nil || info.Size() == 0 {
			t.Errorf("%s: the rows are elsewhere (%v)", name, err)
		}
	}
}

func TestCloseWaitsForTheWriteUnderWay(t *testing.T) {
	o := fileOptions(t)
	db, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	inside, closing, wrote := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		wrote <- db.Write(context.Background(), func(tx *store.Tx) error {
			close(inside)
			<-closing
			return storetest.QuietParts.Insert(context.Background(), tx, &part{Shelf: "a"})
		})
	}()
	<-inside
	closed := make(chan error)
	go func() { close(closing); closed <- db.Close() }()
	if err := errors.Join(<-wrote, <-closed); err != nil {
		t.Fatal(err)
	}
	if _, err := storetest.QuietParts.Get(t.Context(), open(t, o), "a", 0); err != nil {
		t.Error(err)
	}
}

// envOpen makes the test binary a program that opens a file and prints the error.
const envOpen = "SALLYPORT_STORE_OPEN_FILE"

const nobody = 65534

// As root every file can be written, so that the test opens it as somebody else.
func TestReadOnlyFileOrFolderIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ file, folder fs.FileMode }{
		"file":   {0o400, 0o700},
		"folder": {0o600, 0o500},
	} {
		t.Run(name, func(t *testing.T) {
			home, err := os.MkdirTemp("", "sallyport-read-only-")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.Chmod(home, 0o700); os.RemoveAll(home) })
			file := filepath.Join(home, "sallyport.db")
			if err := os.WriteFile(file, nil, c.file); err != nil {
				t.Fatal(err)
			}
			program := exec.Command(os.Args[0])
			if os.Geteuid() == 0 {
				program = asNobody(t, home, file)
			}
			if err := os.Chmod(home, c.folder); err != nil {
				t.Fatal(err)
			}
			program.Env = append(os.Environ(), envOpen+"="+file)
			out, err := program.Output()
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(out), "cannot be written") || !strings.Contains(string(out), "write access") {
				t.Errorf("it says %q", out)
			}
		})
	}
}

// asNobody gives the paths away, and copies this program to where their new owner can run it.
func asNobody(t *testing.T, paths ...string) *exec.Cmd {
	t.Helper()
	binary, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(paths[0], "program")
	if err := os.WriteFile(program, binary, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, p := range paths {
		if err := os.Chown(p, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	return cmd
}

func TestWriteInsideAWriteEndsWithItsContext(t *testing.T) {
	db := open(t, fileOptions(t))
	err := db.Write(t.Context(), func(*store.Tx) error {
		inner, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		return db.Write(inner, func(*store.Tx) error { return nil })
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the deadline", err)
	}
	if err := parts.Insert(t.Context(), db, &part{Shelf: "a"}); err != nil {
		t.Errorf("the next write: %v", err)
	}
}

func TestStatementsNumberTheirParametersAsSQLiteDoes(t *testing.T) {
	for in, want := range map[string]string{
		"a = $2 and b = $1 for update": "a = ?2 and b = ?1",
		"a = '$1' and b = $1":          "a = '$1' and b = ?1",
		"a = 'it''s $1' and b = $12":   "a = 'it''s $1' and b = ?12",
	} {
		if got := store.LiteText(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

// Under two names a file would have two locks, and two servers.
func TestFileUnderAnotherNameIsLockedAllTheSame(t *testing.T) {
	o := filled(t)
	home := filepath.Dir(o.File)
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.Mkdir(elsewhere, 0o700); err != nil {
		t.Fatal(err)
	}
	alias, folder := filepath.Join(elsewhere, "alias.db"), filepath.Join(elsewhere, "folder")
	if err := errors.Join(os.Symlink(o.File, alias), os.Symlink(home, folder)); err != nil {
		t.Fatal(err)
	}
	open(t, o)
	for _, name := range []string{alias, filepath.Join(folder, "sallyport.db")} {
		refused(t, store.Options{File: name}, "in use by another sallyport")
	}
}

func TestLinkIsHeldToTheFolderThatItLeadsTo(t *testing.T) {
	o := filled(t)
	if err := os.Chmod(filepath.Dir(o.File), 0o755); err != nil {
		t.Fatal(err)
	}
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.Mkdir(elsewhere, 0o700); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(elsewhere, "link.db")
	if err := os.Symlink(o.File, link); err != nil {
		t.Fatal(err)
	}
	refused(t, store.Options{File: link}, "open to other users", "chmod 700")

	nowhere := filepath.Join(elsewhere, "nowhere.db")
	if err := os.Symlink(filepath.Join(t.TempDir(), "planted"), nowhere); err != nil {
		t.Fatal(err)
	}
	refused(t, store.Options{File: nowhere}, "symbolic link to nowhere")
}
