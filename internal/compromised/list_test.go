package compromised

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func sha1Of(password string) string   { return fmt.Sprintf("%X", sha1.Sum([]byte(password))) }
func sha256Of(password string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(password))) }

func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hashes.txt")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// listOf has the hashes of n passwords, in order, each line made by form.
func listOf(n int, hash func(string) string, form func(i int, hash string) string, end string) string {
	hashes := make([]string, n)
	for i := range hashes {
		hashes[i] = hash(fmt.Sprint("password", i))
	}
	slices.SortFunc(hashes, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	for i := range hashes {
		hashes[i] = form(i, hashes[i])
	}
	return strings.Join(hashes, end)
}

func plain(_ int, hash string) string { return hash }
func counted(i int, hash string) string {
	return hash + ":" + strings.Repeat("9", i%20+1)
}

func TestEveryPasswordOfAListIsFoundAndNoOther(t *testing.T) {
	for name, text := range map[string]string{
		"SHA-1 with counts, as downloaded": listOf(5000, sha1Of, counted, "\r\n"),
		"SHA-1 with counts and a last end": listOf(5000, sha1Of, counted, "\n") + "\n",
		"SHA-1 alone":                      listOf(5000, sha1Of, plain, "\n"),
		"SHA-256":                          listOf(5000, sha256Of, plain, "\n") + "\n",
		"SHA-256 with counts":              listOf(5000, sha256Of, counted, "\r\n") + "\r\n",
		"either case": listOf(5000, sha1Of, func(i int, hash string) string {
			if i%2 == 0 {
				return strings.ToLower(hash)
			}
			return hash
		}, "\n"),
		"twice each": listOf(5000, sha1Of, func(_ int, hash string) string { return hash + "\n" + hash + ":7" }, "\n"),
	} {
		t.Run(name, func(t *testing.T) {
			l, err := Open(write(t, text))
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			for i := range 5000 {
				if found, err := l.Contains(fmt.Sprint("password", i)); err != nil || !found {
					t.Fatalf("password%d: %v, %v", i, found, err)
				}
			}
			for i := 5000; i < 10000; i++ {
				if found, err := l.Contains(fmt.Sprint("password", i)); err != nil || found {
					t.Fatalf("password%d: %v, %v", i, found, err)
				}
			}
		})
	}
}

func TestSmallLists(t *testing.T) {
	for n := 1; n < 130; n++ { // around the sizes at which windows end
		for _, end := range []string{"\n", "\r\n"} {
			l, err := Open(write(t, listOf(n, sha1Of, plain, end)+end))
			if err != nil {
				t.Fatal(n, err)
			}
			for i := range n + 5 {
				if found, err := l.Contains(fmt.Sprint("password", i)); err != nil || found != (i < n) {
					t.Fatalf("of %d, password%d: %v, %v", n, i, found, err)
				}
			}
			_ = l.Close()
		}
	}
}

// A list that is none would be a protection that finds nothing.
func TestListsThatAreRefused(t *testing.T) {
	good := strings.Split(listOf(3000, sha1Of, counted, "\n"), "\n")
	with := func(i int, line string) string {
		lines := slices.Clone(good)
		lines[i] = line
		return strings.Join(lines, "\n")
	}
	swapped := slices.Clone(good)
	swapped[2000], swapped[2001] = swapped[2001], swapped[2000]
	byCount := slices.Clone(good)
	slices.SortFunc(byCount, func(a, b string) int { return strings.Compare(b[20:], a[20:]) })
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"empty":                   {"", ErrEmpty},
		"passwords themselves":    {"123456\npassword\n", ErrForm},
		"NTLM hashes":             {strings.Repeat("0", 32) + ":1\n", ErrForm},
		"SHA-512":                 {strings.Repeat("0", 128) + "\n", ErrForm},
		"a heading":               {"hash:count\n" + strings.Join(good, "\n"), ErrForm},
		"a mark of byte order":    {"\ufeff" + strings.Join(good, "\n"), ErrForm},
		"no hex":                  {with(1500, strings.Repeat("G", 40)), ErrForm},
		"an empty line":           {with(1500, ""), ErrForm},
		"empty at the end":        {strings.Join(good, "\n") + "\n\n", ErrForm},
		"another kind":            {with(1500, sha256Of("x")), ErrForm},
		"a count that is none":    {with(1500, good[1500]+"x"), ErrForm},
		"no count":                {with(1500, good[1500][:40]+":"), ErrForm},
		"a blank":                 {with(1500, " "+good[1500]), ErrForm},
		"two that changed places": {strings.Join(swapped, "\n"), ErrOrder},
		"sorted by count":         {strings.Join(byCount, "\n"), ErrOrder},
		"downwards":               {listOf(2, sha1Of, plain, "\n") + "\n" + strings.Repeat("0", 40), ErrOrder},
		"a file without lines":    {strings.Repeat("a", 100000), ErrForm},
		"zeros":                   {strings.Repeat("\x00", 5000), ErrForm},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Open(write(t, c.text)); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("a folder was taken for a list")
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// generated is a list of any size that is made where it is read: line i has the
// hash whose first eight bytes count up.
type generated struct {
	lines  int64
	broken int64 // this line is out of order; -1 for none
	reads  int64
}

const generatedLine = 41

func (g *generated) ReadAt(p []byte, at int64) (int, error) {
	g.reads++
	read := 0
	for read < len(p) {
		line, column := (at+int64(read))/generatedLine, (at+int64(read))%generatedLine
		if line >= g.lines {
			return read, io.EOF
		}
		read += copy(p[read:], g.line(line)[column:])
	}
	return read, nil
}

func (g *generated) line(i int64) string {
	step := ^uint64(0) / uint64(g.lines)
	value := uint64(i) * step
	if g.broken >= 0 && i > g.broken {
		value = uint64(g.lines-i) * step / 2
	}
	return fmt.Sprintf("%016x%024d\n", value, 0)
}

// A list of 40 GB is checked and searched with a bounded number of reads.
func TestAnEnormousListIsNeverReadWhole(t *testing.T) {
	g := &generated{lines: 1_000_000_000, broken: -1}
	l := &List{file: g, size: g.lines * generatedLine}
	if err := l.check(); err != nil {
		t.Fatal(err)
	}
	if g.reads > 4*samples {
		t.Errorf("the check read %d times", g.reads)
	}
	for i := range 50 {
		g.reads = 0
		if found, err := l.Contains(fmt.Sprint(i)); found || err != nil {
			t.Fatal(found, err)
		}
		if g.reads > 150 {
			t.Errorf("a search read %d times", g.reads)
		}
	}
	g.broken = g.lines / 3
	if err := l.check(); !errors.Is(err, ErrOrder) {
		t.Errorf("a list that falls back: %v", err)
	}
}

// Whatever a file holds, it is refused or it can be searched, and a search finds
// what a reader of the lines finds.
func FuzzAList(f *testing.F) {
	f.Add([]byte(listOf(3, sha1Of, counted, "\r\n")), "password1")
	f.Add([]byte(listOf(200, sha256Of, plain, "\n")), "password1")
	f.Add([]byte("\n\n"), "")
	f.Add([]byte(strings.Repeat("0", 40)), "x")
	f.Fuzz(func(t *testing.T, text []byte, password string) {
		l := &List{file: bytes.NewReader(text), size: int64(len(text))}
		if l.check() != nil {
			return
		}
		found, err := l.Contains(password)
		if err != nil {
			t.Fatal(err)
		}
		want := sha1Of(password)
		if l.digits == 2*sha256.Size {
			want = sha256Of(password)
		}
		has := false
		for line := range strings.Lines(string(text)) {
			hash, _, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
			has = has || strings.EqualFold(hash, want)
		}
		if found != has {
			t.Errorf("found %v, want %v", found, has)
		}
	})
}

func BenchmarkContains(b *testing.B) {
	l, err := Open(write(b, listOf(500_000, sha1Of, counted, "\r\n")))
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := l.Contains(fmt.Sprint("password", i)); err != nil {
			b.Fatal(err)
		}
	}
}
